import Foundation
import Hummingbird
import Model
import Observe

/// What programs read of the relay as a whole: state, metrics, and whether it is well.
struct StatusPaths: Sendable {
  private let source: StatusSource

  init(_ source: StatusSource) { self.source = source }

  var calls: [Call] {
    [
      Call(
        .get, "/status.json", "status", "The state of the relay: what it got, and every route.", checksQuery: false,
        answers: [.json(StatusReport.self, "The state. What is counted is counted over restarts.")]
      ) { _ in try await status() },
      Call(
        .get, "/metrics", "metrics", "Metrics, as Prometheus reads them.", checksQuery: false,
        answers: [Call.Answer(status: .ok, text: "Metrics.", contents: [("text/plain", .text())])]
      ) { _ in .text(await source.metrics().utf8, type: PrometheusText.contentType) },
      Call(
        .get, "/livez", "alive", "Whether the process answers. Needs no token.", checksQuery: false,
        answers: [.json(Liveness.self, "It does.")]
      ) { _ in try .json(Liveness(live: true)) },
      Call(
        .get, "/readyz", "ready", "Whether reports can be taken. Needs no token.", checksQuery: false,
        answers: [
          .json(Readiness.self, "They can."), .json(Readiness.self, "They cannot, for what is named.", status: .serviceUnavailable),
        ]
      ) { _ in try await readiness() },
    ]
  }

  func status() async throws -> Response {
    var response = try Response.json(await source.report())
    response.headers[.vary] = "Accept"
    return response
  }

  private func readiness() async throws -> Response {
    var notReady: [Readiness.Part] = []
    if !source.isStoreWritable() { notReady.append(.store) }
    if !(await source.publicDoorAnswers()) { notReady.append(.publicDoor) }
    return try .json(
      Readiness(ready: notReady.isEmpty, notReady: notReady), status: notReady.isEmpty ? .ok : .serviceUnavailable)
  }
}

/// /livez.
struct Liveness: Codable, Sendable {
  var live: Bool
}

/// /readyz.
struct Readiness: Codable, Sendable {
  enum Part: String, Codable, CaseIterable {
    /// Cannot write.
    case store
    /// Does not answer.
    case publicDoor = "public_door"
  }

  var ready: Bool
  var notReady: [Part]
}
