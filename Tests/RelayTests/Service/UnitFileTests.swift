import Foundation
import Support
import Testing

/// deploy/*.service and *.socket, as systemd itself judges them.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: systemdAnalyze), "systemd is not installed"), .timeLimit(.minutes(10)))
struct UnitFileTests {
  private static let units = ["dlr-relay.service", "dlr-relay.socket", "dlr-relay-tunnel.service"]

  private static func analyze(_ arguments: String..., in folder: String) async throws -> (exit: Program.Exit, text: String) {
    let program = try Program.start(arguments, of: systemdAnalyze, environment: ["PATH": "/usr/bin:/bin"], in: folder)
    let exit = try await program.exit()
    return (exit, program.output + program.errorText)
  }

  private static func withUnits(_ body: (String) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "units-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for unit in units {
      // Where the package installs it there is none on the machine of a test.
      let text = try String(contentsOfFile: Promtool.repository + "/deploy/" + unit, encoding: .utf8)
        .replacing("ExecStart=/usr/bin/dlr-relay", with: "ExecStart=" + Program.relay)
        .replacing("ExecStart=/usr/bin/ssh", with: "ExecStart=/bin/true")
      try text.write(toFile: folder + "/" + unit, atomically: true, encoding: .utf8)
    }
    try await body(folder)
  }

  @Test func `systemd finds nothing wrong in the units`() async throws {
    try await Self.withUnits { folder in
      for unit in Self.units {
        let said = try await Self.analyze("verify", "--man=no", "./" + unit, in: folder)
        #expect(said.exit == .code(0), "\(said.text)")
        #expect(said.text == "")
      }
    }
  }

  @Test(arguments: units.filter { $0.hasSuffix(".service") })
  func `what a service may do is exposed to at most 2 of 10`(_ unit: String) async throws {
    try await Self.withUnits { folder in
      // In tenths.
      let said = try await Self.analyze("security", "--offline=true", "--threshold=20", "./" + unit, in: folder)
      #expect(said.exit == .code(0), "\(said.text)")
      let level = try #require(said.text.firstMatch(of: /exposure level for [a-z-]+\.service: ([0-9.]+)/)?.1)
      #expect(try #require(Double(level)) <= 2.0)
    }
  }
}

private let systemdAnalyze = "/usr/bin/systemd-analyze"
