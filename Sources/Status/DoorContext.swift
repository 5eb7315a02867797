import Hummingbird
import Model
import NIOCore

/// A request on its way, with who sent it.
struct DoorContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// nil where the connection is of no kind that has one, or is gone.
  let address: SocketAddress?
  let channel: any Channel
  /// Set by the gate; nil where it asks nobody.
  var caller: Caller?
  /// Raw bytes and whole phone numbers are for who has sent status.token, and not for whoever is on this machine.
  var seesPersonalData = false

  init(source: Source) {
    coreContext = .init(source: source)
    channel = source.channel
    address = channel.remoteAddress
  }
}

/// The request that is being answered, for what is told of it from far inside.
enum Asking {
  @TaskLocal static var request: OperatorRequest?
}

extension Caller {
  /// What it was let in by.
  func words(hasToken: Bool) -> String {
    switch self {
    case .operator: hasToken ? "status.token" : "this machine"
    case .reader: "status.read_token"
    case .app(let route): "order_key of \(route)"
    }
  }
}
