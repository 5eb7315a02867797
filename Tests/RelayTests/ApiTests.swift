import Foundation
import Testing

/// The real relay's API, asked by a public tester of APIs (PyPI, `schemathesis`).
struct ApiTests {
  private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
  private static let isInstalled = FileManager.default.isExecutableFile(atPath: root + "/.build/schemathesis/bin/schemathesis")

  @Test(
    .enabled(if: isInstalled, "schemathesis is not installed; bash Tests/run.sh installs it from PyPI"), .timeLimit(.minutes(5)))
  func `the API is what openapi json says, whatever it is asked`() async throws {
    let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "DLR_RELAY": Program.relay]
    let check = try Program.start([Self.root + "/Tests/Api/run.sh", "--short"], of: "/bin/bash", environment: environment, in: Self.root)
    let exit = try await check.exit()
    #expect(exit == .code(0), "\(check.output.suffix(10_000))\n\(check.errorText.suffix(4_000))")
  }
}
