import Model
import Testing
import Traffic

struct SinkSignatureTests {
  // The example of the Standard Webhooks libraries' own tests.
  private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
  private let timestamp = "1614265330"
  private let body = "{\"test\": 2432232314}"
  private let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
  private let time = Instant(microseconds: 1_614_265_330_000_000)

  private func check(
    secrets: [String]? = nil, id: String?, timestamp: String?, signature: String?, body: String? = nil, at now: Instant? = nil
  ) throws -> SinkSignature.Verdict {
    let checker = try SinkSignature(secrets: secrets ?? [secret])
    return Array((body ?? self.body).utf8).withUnsafeBytes {
      checker.check(id: id, timestamp: timestamp, signature: signature, body: $0, at: now ?? time)
    }
  }

  @Test func `the known signature is good`() throws {
    #expect(try check(id: id, timestamp: timestamp, signature: signature) == .good)
  }

  @Test func `one good signature among several is enough`() throws {
    let several = "v1,AAAA v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== \(signature) v1,%%%"
    #expect(try check(id: id, timestamp: timestamp, signature: several) == .good)
  }

  @Test func `while a secret rotates either is good`() throws {
    #expect(try check(secrets: ["whsec_b3RoZXI=", secret], id: id, timestamp: timestamp, signature: signature) == .good)
  }

  @Test func `another body, id, timestamp, secret or version is bad`() throws {
    #expect(try check(id: id, timestamp: timestamp, signature: signature, body: body + " ") == .bad)
    #expect(try check(id: id + "x", timestamp: timestamp, signature: signature) == .bad)
    #expect(try check(id: id, timestamp: "1614265331", signature: signature) == .bad)
    #expect(try check(secrets: ["whsec_b3RoZXI="], id: id, timestamp: timestamp, signature: signature) == .bad)
    #expect(try check(id: id, timestamp: timestamp, signature: "v2" + signature.dropFirst(2)) == .bad)
    #expect(try check(id: id, timestamp: timestamp, signature: "") == .bad)
  }

  @Test func `a header that is not there is missing`() throws {
    #expect(try check(id: nil, timestamp: timestamp, signature: signature) == .missing)
    #expect(try check(id: id, timestamp: nil, signature: signature) == .missing)
    #expect(try check(id: id, timestamp: timestamp, signature: nil) == .missing)
  }

  @Test func `five minutes to either side are tolerated and no more`() throws {
    for (seconds, verdict) in [(300, SinkSignature.Verdict.good), (-300, .good), (301, .outOfTime), (-301, .outOfTime)] {
      #expect(try check(id: id, timestamp: timestamp, signature: signature, at: time + .seconds(seconds)) == verdict)
    }
    for timestamp in ["", "soon", "99999999999999999999", "-9223372036854775808"] {
      #expect(try check(id: id, timestamp: timestamp, signature: signature) == .outOfTime)
    }
  }

  @Test(arguments: ["", "whsec_", "whsec_%%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
  func `what is no secret is refused without being shown`(text: String) throws {
    let error = try #require(throws: TrafficError.self) { try SinkSignature(secrets: [text]) }
    #expect(error == .secret)
    #expect(!error.description.contains("MfKQ"))
  }
}
