import Model

/// Why a run could not start or go on. The description is one line that says what to do and holds no token.
package enum TrafficError: Error, Sendable, Equatable, CustomStringConvertible {
  case url(String)
  case secret
  case listen(Endpoint, reason: String)
  case addressInUse(Endpoint)
  case record(path: String, reason: String)

  package var description: String {
    switch self {
    case .url(let problem): problem
    case .secret: "the secret is no Standard Webhooks secret: give `whsec_` and the key in base64, as in the route's `secret`"
    case .listen(let endpoint, let reason): "cannot listen on \(endpoint): \(reason); choose another --host or --port"
    case .addressInUse(let endpoint): "\(endpoint) is in use: stop what listens there, or choose another with --port"
    case .record(let path, let reason): "cannot write \(path): \(reason); choose another file with --record"
    }
  }
}
