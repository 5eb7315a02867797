import Model
import Receive

/// What is reached over the network: every route and hook, the public URL, and the relay's own door.
struct NetworkLook: Sendable {
  private var others: [Facts.Reach] = []
  private var publicReach: Facts.Reach?
  private var publicAnswer: Facts.PublicAnswer?
  private var localAnswer: Facts.PublicAnswer?
  private let listen: Endpoint
  /// By the public URL's answer.
  private(set) var clock: Instant?

  private init(listen: Endpoint) { self.listen = listen }

  /// Blocks.
  static func at(_ configuration: Configuration) -> NetworkLook {
    let receive = configuration.receive
    var look = NetworkLook(listen: receive.listen)
    let target = "\(receive.path)?token=\(percentEncoded(receive.tokens[0].value.reveal()))"
    let local = NetworkProbe.Target(topic: "public door", url: Secret("http://\(receive.listen.reachable)\(target)"), asks: true)
    let own = receive.publicURL.map { NetworkProbe.Target(topic: "public URL", url: Secret($0 + target), asks: true) }
    let routes = configuration.routes.map { NetworkProbe.Target(topic: "route \($0.name)", url: $0.url) }
    let hooks = configuration.alerts.enumerated().map { NetworkProbe.Target(topic: "alert hook \($0.offset + 1)", url: $0.element.url) }
    var results = NetworkProbe.look([local] + (own.map { [$0] } ?? []) + routes + hooks)[...]
    look.localAnswer = results.removeFirst().answer
    if own != nil {
      let result = results.removeFirst()
      (look.publicReach, look.publicAnswer, look.clock) = (result.reach, result.answer, result.clock)
    }
    look.others = results.map(\.reach)
    return look
  }

  func findings(isRunning: Bool) -> [Finding] {
    let now = systemClock()
    var findings: [Finding] = []
    if isRunning { findings.append(DoctorRules.localDoor(localAnswer, listen: listen)) }
    if let publicReach {
      let reached = DoctorRules.reach(publicReach, at: now)
      // A name that leads nowhere says all; what answers says whether it is the relay.
      if let publicAnswer {
        if reached.level != .ok { findings.append(reached) }
        findings.append(
          DoctorRules.publicAnswer(publicAnswer, origin: publicReach.origin, instance: isRunning ? localAnswer?.instance : nil))
      } else {
        findings.append(reached)
      }
    } else {
      findings.append(DoctorRules.noPublicURL())
    }
    return findings + others.map { DoctorRules.reach($0, at: now) }
  }
}
