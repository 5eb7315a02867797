import Crypto
import Foundation
import Model

/// Which key claims packets for which route. Of a key only its digest is kept.
package struct OrderKeys: Sendable, Equatable {
  private struct Entry: Sendable, Equatable {
    var digest: SHA256Digest
    var route: String
  }

  private let entries: [Entry]

  /// An empty key opens nothing. Of a key that two routes have, which rules say is an error, the first has it.
  package init(_ routes: [RouteSettings]) {
    entries = routes.flatMap { route in
      route.orderKeys.filter { !$0.isEmpty }.map { Entry(digest: SHA256.hash(data: Data($0.reveal().utf8)), route: route.name) }
    }
  }

  /// Takes the same time whichever it is.
  func route(of digest: SHA256Digest) -> String? {
    var route: String?
    for entry in entries where entry.digest == digest { route = route ?? entry.route }
    return route
  }
}

/// Who is past the gate.
package enum Caller: Sendable, Equatable {
  /// Has the token, or needs none.
  case `operator`
  /// Has the read token: sees what is there, but no raw bytes and no whole phone number, and changes nothing.
  case reader
  /// Has an order key of the route, and acts for no other.
  case app(route: String)
}
