import Model
import Testing

@testable import dlr_relay

/// What of a new rule file is in force, and what waits for a restart.
struct RunningConfigurationTests {
  private let start = Instant(microseconds: 1_777_437_144_000_000)

  private var file: Configuration {
    var file = Configuration(
      receive: ReceiveSettings(tokens: [Token(label: "1", value: Secret("t0ken"))]),
      routes: [RouteSettings(name: "shop", url: Secret("http://127.0.0.1/"))])
    file.store.path = "/nowhere/relay.db"
    return file
  }

  private func takes(_ change: (inout Configuration) -> Void) -> RunningConfiguration {
    let running = RunningConfiguration(file, PresentRules(file.routes), fingerprint: "a", at: start)
    var changed = file
    change(&changed)
    running.took(changed, PresentRules(changed.routes), fingerprint: "b", at: start + .seconds(1))
    return running
  }

  @Test func `listeners and the store's path need a restart, and the rest of the file is in force`() {
    let running = takes { file in
      file.receive.listen.port += 1
      file.status.listen.port += 1
      file.store.path = "/nowhere/other.db"
      file.routes[0].paused = true
    }
    #expect(running.loaded.needsRestart == ["receive.listen", "status.listen", "store.path"])
    #expect(running.loaded.pausedRoutes == ["shop"])
    #expect((running.loaded.fingerprint, running.loaded.loadedAt) == ("b", start + .seconds(1)))
    #expect(running.status.listen == file.status.listen)
    running.took(file, PresentRules(file.routes), fingerprint: "a", at: start)
    #expect(running.loaded.needsRestart == [])
  }

  @Test func `another way to write the same path is no change`() {
    #expect(takes { $0.store.path = "/nowhere/./relay.db" }.loaded.needsRestart == [])
  }

  @Test func `the status token follows the file, but an open door beyond loopback is never left without one`() {
    #expect(takes { $0.status.token = Secret("new") }.status.token == Secret("new"))
    var open = file
    open.status.listen.host = "0.0.0.0"
    open.status.token = Secret("s3cret")
    let running = RunningConfiguration(open, PresentRules(open.routes), fingerprint: "a", at: start)
    running.took(file, PresentRules(file.routes), fingerprint: "b", at: start)
    #expect(running.status.token == Secret("s3cret"))
    #expect(running.status.listen.host == "0.0.0.0")
    #expect(running.loaded.needsRestart == ["status.listen", "status.token"])
    open.status.token = Secret("new")
    running.took(open, PresentRules(open.routes), fingerprint: "c", at: start)
    #expect(running.status.token == Secret("new"))
    #expect(running.loaded.needsRestart == [])
  }

  @Test func `the read token follows the file, and one that left it opens nothing`() {
    let running = takes { file in
      file.status.token = Secret("token")
      file.status.readToken = Secret("read")
    }
    #expect(running.status.readToken == Secret("read"))
    running.took(file, PresentRules(file.routes), fingerprint: "c", at: start)
    #expect(running.status.readToken == nil && running.status.token == nil)

    var open = file
    open.status.listen.host = "0.0.0.0"
    (open.status.token, open.status.readToken) = (Secret("token"), Secret("read"))
    let kept = RunningConfiguration(open, PresentRules(open.routes), fingerprint: "a", at: start)
    #expect(kept.status.readToken == Secret("read"))
    kept.took(file, PresentRules(file.routes), fingerprint: "b", at: start)
    #expect(kept.status.readToken == nil && kept.status.token == Secret("token"))
  }

  @Test func `an error stays until a file is taken, or the one in force is there again`() {
    let running = takes { _ in }
    running.refused(NotReloaded("line 3"), at: start + .seconds(2))
    #expect(running.loaded.lastError == "line 3" && running.loaded.lastErrorAt == start + .seconds(2))
    running.isStillInForce()
    #expect(running.loaded.lastError == nil && running.loaded.lastErrorAt == nil)
    #expect(running.loaded.loadedAt == start + .seconds(1))
    running.refused(NotReloaded("line 3"), at: start)
    running.took(file, PresentRules(file.routes), fingerprint: "c", at: start)
    #expect(running.loaded.lastError == nil)
  }
}
