/// Why a request went no further than the gate of the operator's door. The raw value is the reason in metrics.
package enum GateRefusal: String, Sendable, CaseIterable {
  /// None at all: a browser sends some only after it was asked.
  case noCredentials = "no_credentials"
  case wrongCredentials = "wrong_credentials"
  /// Wrong ones again, while answers to others before them still wait.
  case tooManyGuesses = "too_many_guesses"
  /// With `status.read_token`, which changes nothing.
  case readOnly = "read_only"
  /// Its Host is no loopback name, and the door has no token.
  case host
}

/// A request at the operator's door.
package struct OperatorRequest: Sendable, Equatable {
  /// As the client knows it: `x-request-id` of the request or else of the answer.
  package var id: String
  /// The address it came from, without the port.
  package var from: String
  /// What it was let in by: `status.token`, `status.read_token`, `order_key of shop`; nil before that, and where nothing is asked for.
  package var by: String?

  package init(id: String, from: String, by: String? = nil) {
    self.id = id
    self.from = from
    self.by = by
  }
}

/// How it was answered.
package struct OperatorAnswer: Sendable, Equatable {
  package var request: OperatorRequest
  package var method: String
  /// As the API describes it, `/api/v1/reports/{id}`; nil for a path that is not served, which may say anything.
  package var path: String?
  package var status: Int
  package var took: Duration

  package init(request: OperatorRequest, method: String, path: String?, status: Int, took: Duration) {
    self.request = request
    self.method = method
    self.path = path
    self.status = status
    self.took = took
  }
}

/// What somebody had changed. Holds names, numbers and times; no text of a message and no phone number.
package struct OperatorChange: Sendable, Equatable {
  /// A constant word or two: `replay`, `pause`, `log level`.
  package var what: String
  /// Of which route, job or selection.
  package var about: [String: String]
  /// By an app, which may do so as often as it has orders.
  package var isOfApp: Bool
  package var request: OperatorRequest

  package init(_ what: String, about: [String: String], isOfApp: Bool = false, request: OperatorRequest) {
    self.what = what
    self.about = about
    self.isOfApp = isOfApp
    self.request = request
  }
}

/// Tells one request of the public door from another: the how manieth connection since the start, and the how manieth on it.
package struct RequestNumber: Sendable, Hashable, CustomStringConvertible {
  package var connection: Int
  /// 0 for a connection that was turned away.
  package var request: Int

  package init(connection: Int, request: Int) {
    self.connection = connection
    self.request = request
  }

  /// Of an event that is about no request in particular.
  package static let none = RequestNumber(connection: 0, request: 0)
  package var description: String { "\(connection).\(request)" }
}
