import Foundation
import Model
import Testing

@testable import dlr_relay

@Suite struct ServiceEnvironmentTests {
  @Test func `a watchdog and sockets that are meant for another process are not ours`() throws {
    let variables = ["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7", "LISTEN_FDS": "1", "LISTEN_PID": "7"]
    let (ours, others) = (ServiceEnvironment(variables, process: 7), ServiceEnvironment(variables, process: 8))
    #expect(ours.watchdog == .seconds(60))
    #expect(try ours.passed.publicDoor == 3)
    #expect(others.watchdog == nil)
    #expect(try others.passed.publicDoor == nil)
  }

  @Test func `a watchdog without a process's number is meant for whoever was started, a socket is not`() throws {
    let environment = ServiceEnvironment(["WATCHDOG_USEC": "1500000", "LISTEN_FDS": "1"], process: 7)
    #expect(environment.watchdog == .milliseconds(1_500))
    #expect(try environment.passed.publicDoor == nil)
  }

  @Test(arguments: ["", "x", "-5", "0", "99999999999999999999"])
  func `a watchdog's time that is none is not there`(_ text: String) {
    #expect(ServiceEnvironment(["WATCHDOG_USEC": text], process: 7).watchdog == nil)
  }

  @Test func `the public door is the socket of its name, or the only one`() throws {
    #expect(try PassedSockets(count: 3, names: ["a", "public", "b"]).publicDoor == 4)
    #expect(try PassedSockets(count: 1, names: ["dlr-relay.socket"]).publicDoor == 3)
    #expect(throws: Failure.self) { try PassedSockets(count: 2, names: ["a", "b"]).publicDoor }
    // A name beyond the sockets names nothing.
    #expect(throws: Failure.self) { try PassedSockets(count: 2, names: ["a", "b", "public"]).publicDoor }
  }

  @Test func `a status is one line`() {
    #expect(Notice.status("a\nREADY=1").line == "STATUS=a READY=1")
    #expect(Notice.reloading(monotonic: 5).line == "RELOADING=1\nMONOTONIC_USEC=5")
  }
}
