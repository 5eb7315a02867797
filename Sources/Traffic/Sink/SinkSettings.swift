import Model

package enum SinkEvent: Sendable, Equatable {
  case requested
  case answered(status: Int)
  /// The sender left before the answer.
  case abandoned
}

/// How the app behaves.
package struct SinkSettings: Sendable {
  /// A port of 0 lets the system choose.
  package var listen = Endpoint(host: "127.0.0.1", port: 9001)
  /// nil: signatures are not looked at. With it, a copy whose signature is not good is answered 401, as an app would.
  package var signature: SinkSignature?
  /// How long the app takes for each answer.
  package var delay: Duration = .zero
  /// Share of requests answered 500.
  package var fail = 0.0
  /// Every request is answered this; nil for 200. Goes before `fail`.
  package var status: Int?
  /// No request is ever answered.
  package var hangs = false
  /// Of the draws for `fail`.
  package var seed: UInt64 = 0
  /// Ends when so many distinct webhook-ids were answered 2xx.
  package var until: Int?
  /// Ends when no request came for so long, from the start on.
  package var idle: Duration?
  /// Gets a line with the webhook-id for each request answered 2xx, before the answer is sent.
  package var record: String?
  /// Told of everything that happens, on the sink's thread.
  package var observe: @Sendable (SinkEvent) -> Void = { _ in }

  package init() {}
}
