import Foundation
import Testing

@Suite(.timeLimit(.minutes(10))) struct NotifyTests {
  private static let app = "name: shop, otherwise: true, url: \"http://127.0.0.1:1/\""

  @Test(arguments: [true, false])
  func `whoever started the relay hears that it is ready, alive, reloads and stops`(isAbstract: Bool) async throws {
    let listener = try NotifySocket(isAbstract: isAbstract)
    try await RelayProcess.with(rules: rules(Self.app)) { relay in
      let program = try relay.launch(environment: ["NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "300000"])
      let first = try listener.next()
      #expect(first.hasPrefix("READY=1\nSTATUS=public door on 127.0.0.1:"))
      #expect(first.hasSuffix(", 1 route"))
      // At a third of the time that is left to it.
      #expect(try listener.next { $0 == "WATCHDOG=1" } == "WATCHDOG=1")
      #expect(try listener.next { $0 == "WATCHDOG=1" } == "WATCHDOG=1")

      try relay.write(rules: rules(Self.app, "name: b, otherwise: true, url: \"http://127.0.0.1:1/\""))
      program.signal(SIGHUP)
      let reloading = try listener.next { $0.hasPrefix("RELOADING=1") }
      #expect(reloading.contains(/^RELOADING=1\nMONOTONIC_USEC=\d+$/))
      #expect(try listener.next { $0.hasPrefix("READY=1") }.hasSuffix(", 2 routes"))

      try relay.write(rules: "routes: [")
      program.signal(SIGHUP)
      #expect(try listener.next { $0.contains("not taken") }.hasPrefix("READY=1\nSTATUS=public door on "))

      program.signal(SIGTERM)
      #expect(try listener.next { $0.hasPrefix("STOPPING=1") }.contains("STATUS=stopping"))
      #expect(try await program.exit() == .code(0))
      #expect(!listener.everything.contains(RelayProcess.token))
    }
  }
}
