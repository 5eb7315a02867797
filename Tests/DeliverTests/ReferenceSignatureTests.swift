import Foundation
import Model
import Support
import Testing

@testable import Deliver

/// What a real app got is verified by the library that the authors of Standard Webhooks publish (PyPI, `standardwebhooks`).
@Suite(
  .timeLimit(.minutes(10)),
  .enabled(if: Reference.isInstalled, "the reference library is not installed; Tests/run.sh does that where there is a network"))
struct ReferenceSignatureTests {
  private static let secrets = [
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString(),
  ]
  private static let wrong = "whsec_" + Data((0..<24).map { UInt8($0 + 100) }).base64EncodedString()
  private let body = Array(#"{"report":{"id":1599558518,"status":"not sent","body":"\#u{131}\u0131\/ 😀"}}"#.utf8)

  /// A copy as the app got it, of a route with these secrets.
  private func copy(secrets: [String]) async throws -> AppServer.Request {
    try await AppServer.with { app in
      try await withDeliverer([route(url: app.url()) { $0.secrets = secrets.map { Secret($0) } }]) { sending in
        _ = try await sending.send(delivery(1_599_558_518, status: "not sent", body: body))
        return try await app.request(1)
      }
    }
  }

  @Test func `a copy of a route with one secret is verified by it and by no other`() async throws {
    let copy = try await copy(secrets: [Self.secrets[0]])
    #expect(try Reference.verify(copy, with: [Self.secrets[0], Self.secrets[1], Self.wrong]) == [true, false, false])
  }

  @Test func `while a secret is being rotated a copy is verified by the old one and by the new one`() async throws {
    let copy = try await copy(secrets: Self.secrets)
    #expect(try Reference.verify(copy, with: Self.secrets + [Self.wrong]) == [true, true, false])
  }

  @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
  func `a copy with a header changed is not verified`(name: String) async throws {
    var copy = try await copy(secrets: [Self.secrets[0]])
    let index = try #require(copy.headers.firstIndex { $0.name == name })
    // One second more or less, another id, another signature: still of their forms.
    copy.headers[index].value = String(copy.headers[index].value.dropLast(2)) + "00"
    #expect(try Reference.verify(copy, with: [Self.secrets[0]]) == [false])
  }

  @Test func `a copy with a byte changed is not verified`() async throws {
    var copy = try await copy(secrets: [Self.secrets[0]])
    copy.body[copy.body.count - 3] ^= 1
    #expect(try Reference.verify(copy, with: [Self.secrets[0]]) == [false])
  }
}

/// The reference library, run by a Python of its own.
private enum Reference {
  private struct Failed: Error { var words: String }

  private struct Question: Encodable {
    var headers: [String: String]
    var body: String
    var secrets: [String]
  }

  /// By this very name, which links to the system's own: from it Python knows where its libraries are.
  private static let python =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/.build/standardwebhooks/bin/python"

  private static let script = """
    import base64, json, sys
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError

    def verifies(secret, body, headers):
        try:
            Webhook(secret).verify(body, headers)
            return True
        except WebhookVerificationError:
            return False

    asked = json.load(sys.stdin)
    body = base64.b64decode(asked["body"])
    json.dump([verifies(secret, body, asked["headers"]) for secret in asked["secrets"]], sys.stdout)
    """

  static let isInstalled = FileManager.default.isExecutableFile(atPath: python)

  /// - Returns: for each secret, whether it verifies the request.
  static func verify(_ request: AppServer.Request, with secrets: [String]) throws -> [Bool] {
    let headers = Dictionary(request.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
    let question = Question(headers: headers, body: Data(request.body).base64EncodedString(), secrets: secrets)
    let (process, input, output, errors) = (Process(), Pipe(), Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", script]
    (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(question))
    try input.fileHandleForWriting.close()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(words: String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
    }
    return try JSONDecoder().decode([Bool].self, from: answer)
  }
}
