import Model
import Receive

/// What a person needs to know to let the provider in. Shows a token: for a terminal, never for a log.
struct Introduction {
  private static let panelPlace = "panel.iletimerkezi.com, Settings > API > Notification URL (\"Bildirim Adresi\")"
  /// The provider's documented sample.
  private static let sample =
    #"{"report":{"id":1599558518,"packet_id":104525848,"status":"accepted","to":"+905XXXXXXXXX","body":"Message text"}}"#

  private let path: String
  private let configuration: Configuration
  private let target: String

  /// - Parameter token: of the configuration's; the first, if left out.
  init(_ path: String, _ configuration: Configuration, token: Token? = nil) {
    self.path = path
    self.configuration = configuration
    let receive = configuration.receive
    target = "\(receive.path)?token=\(percentEncoded((token ?? receive.tokens[0]).value.reveal()))"
  }

  /// The URL for the panel, or what is missing to have one.
  var panel: String {
    if let publicURL = configuration.receive.publicURL {
      return """
        Paste this into \(Self.panelPlace):

          \(publicURL)\(target)
        """
    }
    let port = configuration.receive.listen.port
    return """
      The panel takes https:// only, and there is no public address yet. What is missing:
        1. a host name that leads to this machine;
        2. a proxy with a certificate, or a tunnel, that passes requests on to port \(port) and keeps the token out of its log. Both are
           in steps in deploy/README.md, with the package in /usr/share/doc/dlr-relay/deploy/README.md;
        3. `public_url: https://that-name` under `receive` in \(path).
      Then paste this, after https://that-name, into \(Self.panelPlace):

        \(target)
      """
  }

  /// For a relay that runs, on these addresses.
  func running(publicDoor: Endpoint, statusDoor: Endpoint) -> String {
    """
    \(panel)

    Send it the documented sample:

      curl -i 'http://\(publicDoor.reachable)\(target)' -H 'content-type: application/json' -d '\(Self.sample)'

    See what it does:

      http://\(statusDoor.reachable)/status
    """
  }
}

extension Endpoint {
  /// Where this machine finds what listens on every address.
  var reachable: Endpoint {
    switch host {
    case "0.0.0.0": Endpoint(host: "127.0.0.1", port: port)
    case "::": Endpoint(host: "::1", port: port)
    default: self
    }
  }
}
