import ArgumentParser
import Model
import Status

/// `dlr-relay orders`: whose order a packet is.
struct OrdersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orders",
    abstract: "Who claimed a packet; claim it for a route, or withdraw that.",
    discussion: """
      Asks the running relay, through status.listen of the rule file, or works on the store of a stopped one. Apps claim their packets \
      by HTTP, each with its own key; this is for what they forgot:

        dlr-relay orders show 312891245
        dlr-relay orders claim 312891245 312891246 --route shop
      """,
    subcommands: [ShowOrderCommand.self, ClaimCommand.self, WithdrawCommand.self])
}

struct ShowOrderCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Who claimed a packet, and when.")

  @Argument(help: "The provider's id of the order, which its reports have as packet_id.")
  var packet: Int64
  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let list = try await queues.claims(of: packet)
      let text = list.claims.isEmpty ? "nobody has claimed packet \(packet)" : list.claims.map(\.text).joined(separator: "\n")
      print(options.json ? try jsonText(list) : text)
    }
  }
}

struct ClaimCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claim",
    abstract: "Send a route the reports of packets, also those that came before.",
    discussion: """
      The route has orders: true in the rule file. What the route has already is not sent again.
      """)

  @Argument(help: "Ids of orders, which their reports have as packet_id; at most \(Limits.claimsTogetherMax).")
  var packets: [Int64]
  @Option(help: "The name of the route.")
  var route: String
  @OptionGroup var options: QueueOptions

  func run() async throws {
    try await options.withQueues { queues in
      let list = try await queues.claim(packets, route: route)
      print(options.json ? try jsonText(list) : list.claims.map(\.text).joined(separator: "\n"))
    }
  }
}

struct WithdrawCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw",
    abstract: "Take a claim back. Copies that are owed already are sent nevertheless.")

  @Argument(help: "The provider's id of the order, which its reports have as packet_id.")
  var packet: Int64
  @Option(help: "The name of the route.")
  var route: String?
  @Flag(help: "Whoever claimed it.")
  var all = false
  @OptionGroup var options: QueueOptions

  func validate() throws {
    if (route == nil) != all { throw ValidationError("Say either --route NAME or --all.") }
  }

  func run() async throws {
    try await options.withQueues { queues in
      let answer = try await queues.withdraw(packet, route: route)
      let text = answer.withdrawn == 0 ? "nobody had claimed packet \(packet)" : "\(answer.withdrawn) withdrawn"
      print(options.json ? try jsonText(answer) : text)
    }
  }
}

extension ClaimAnswer {
  fileprivate var text: String {
    let copies = lateCopies == 0 ? "" : "; \(grouped(lateCopies)) \(lateCopies == 1 ? "copy" : "copies") of what had come before"
    let left = catchingUp ? "; the rest of what had come before is still looked through while the relay runs" : ""
    return "packet \(packetId) is claimed for \(route) since \(firstAt)\(copies)\(left)"
  }
}
