import Model
import Testing

@testable import Deliver

struct RedactorTests {
  private let redactor = Redactor(
    route("shop", url: "https://user:pass%21word@app.example/hook?token=s3cr%65t+x&k=abc&bare-token#frag") {
      $0.headers = [Header(name: "authorization", value: Secret("Bearer tok.123")), Header(name: "x-key", value: Secret("key value"))]
      $0.secrets = [Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    })

  @Test(arguments: [
    ("user:pass%21word", "***"), ("user", "***"), ("pass%21word", "***"), ("pass!word", "***"), ("user:pass!word", "***"),
    ("s3cr%65t+x", "***"), ("s3cret+x", "***"), ("s3cret x", "***"), ("bare-token", "***"), ("Bearer tok.123", "***"), ("tok.123", "***"),
    ("key value", "***"), ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "***"), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "***"),
    ("token=s3cret+x&y", "token=***&y"), ("bad token 'tok.123', go away", "bad token '***', go away"), ("tok.123tok.123", "******"),
    ("tok.tok.123", "tok.***"), ("nothing here", "nothing here"), ("", ""), ("abc", "abc"), ("app.example/hook", "app.example/hook"),
  ])
  func `every secret of the route is masked, as written and decoded, and nothing else`(text: String, masked: String) {
    #expect(redactor.redact(text) == masked)
  }

  private static let written = [
    #"ab/cd==&<e> f"g\h"#, #"ab\/cd==&<e> f\"g\\h"#, #"ab\/cd==\u0026\u003ce\u003E f\u0022g\u005Ch"#,
    "ab%2Fcd%3D%3D%26%3Ce%3E%20f%22g%5Ch",
    "ab%2fcd%3d%3d%26%3ce%3e+f%22g%5ch", "ab/cd==&amp;&lt;e&gt; f&quot;g\\h",
    "ab&#47;cd==&#38;&#x3c;e&#X3E; f&#034;g&#92;h", "ab/cd%3D=&<e>%20f\"g\\h",
  ]

  @Test(arguments: written)
  func `a secret is masked however an app writes it when it quotes it`(text: String) {
    let redactor = Redactor(route { $0.headers = [Header(name: "x-key", value: Secret(#"ab/cd==&<e> f"g\h"#))] })
    #expect(redactor.redact("(\(text))") == "(***)")
    #expect(redactor.beginning(of: Array("(\(text))".utf8), isWhole: true, bytesMax: 100) == "(***)")
  }

  @Test(arguments: [
    ("https://a.example/?t=s3cr%2565t", ["s3cr%2565t", "s3cr%65t", "s3cr%252565t"]),
    ("https://us%65r:p%3Ass@a.example/", ["dXNlcjpwOnNz", "user:p:ss", "Basic dXNlcjpwOnNz"]),
    ("https://token@a.example/", ["dG9rZW46", "token"]),
    ("https://a.example/hook/T0123456789abcd%2F/x", ["T0123456789abcd%2F", "T0123456789abcd/", "T0123456789abcd\\/"]),
  ])
  func `so are the pair that libcurl sends and the long parts of the path`(url: String, texts: [String]) {
    let redactor = Redactor(route(url: url))
    for text in texts {
      let masked = redactor.redact("(\(text))")
      #expect(masked == "(***)" || masked == "(Basic ***)", "\(text)")
    }
  }

  @Test func `the pair in a header is masked decoded, too`() {
    let redactor = Redactor(route { $0.headers = [Header(name: "authorization", value: Secret("Basic dXNlcjpwYTpzcw=="))] })
    #expect(redactor.redact("dXNlcjpwYTpzcw== user:pa:ss user pa:ss") == "*** *** *** ***")
    #expect(redactor.redact("dXNlcjpwYTpzcw pa%3Ass") == "*** ***")
  }

  @Test func `short parts of a path are none of the secrets`() {
    let redactor = Redactor(route(url: "https://a.example/reports/incoming-123456?k=v"))
    #expect(redactor.redact("/reports/incoming-123456") == "/reports/incoming-123456")
    #expect(redactor.redact("100% &amp; \\u0041 %41") == "100% &amp; \\u0041 %41")
  }

  @Test func `words hold no control characters either`() {
    #expect(redactor.redact("Location: http://b/\u{85}\u{1b}[31m, to\u{7}k.123") == "Location: http://b/[31m, ***")
  }

  @Test func `of two that begin alike the longer one is masked whole`() {
    let redactor = Redactor(route(url: "http://a/?x=secret&y=secret-and-more"))
    #expect(redactor.redact("secret-and-more secret") == "*** ***")
  }

  private func beginning(_ text: String, isWhole: Bool = true, max: Int = Limits.answerKeptBytes) -> String {
    redactor.beginning(of: Array(text.utf8), isWhole: isWhole, bytesMax: max)
  }

  @Test func `control characters are dropped, lines and tabs stay, bytes that are no text are replaced`() {
    #expect(beginning("a\u{0}b\u{1b}[31mc\r\n\td\u{7f}\u{85}e") == "ab[31mc\n\tde")
    #expect(redactor.beginning(of: [0x61, 0xff, 0x62, 0xc3], isWhole: true, bytesMax: 100) == "a\u{fffd}b\u{fffd}")
  }

  @Test func `a secret with a control character in its midst is masked all the same`() {
    #expect(beginning("tok\u{0}.1\r23") == "***")
  }

  @Test func `no beginning of a secret is left where a text is cut`() {
    let secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    for before in 0...60 {
      for max in [1, 2, 10, 32, 50] {
        let answer = Array((String(repeating: "-", count: before) + secret + String(repeating: "+", count: 200)).utf8)
        let read = Array(answer.prefix(max + redactor.lookAhead))
        let text = redactor.beginning(of: read, isWhole: read.count == answer.count, bytesMax: max)
        #expect(text.utf8.count <= max)
        #expect(!text.contains("Mf"), "\(before) \(max)")
        let whole = redactor.beginning(of: answer, isWhole: true, bytesMax: max)
        #expect(whole.utf8.count <= max && !whole.contains("Mf"))
      }
    }
    // Also where dropped and masked bytes bring the end nearer.
    let shrinking = String(repeating: "tok.123\u{0}\u{0}", count: 8) + secret
    for count in 0...shrinking.utf8.count {
      let read = Array(shrinking.utf8.prefix(count))
      #expect(!redactor.beginning(of: read, isWhole: count == shrinking.utf8.count, bytesMax: 1_000).contains("Mf"))
    }
  }

  @Test func `no character is cut in two`() {
    for max in 0...12 {
      let text = beginning("ıış😀ab", max: max)
      #expect("ıış😀ab".hasPrefix(text))
      #expect(text.utf8.count <= max && text.utf8.count > max - 4)
    }
  }

  @Test func `a route without secrets masks nothing`() {
    #expect(Redactor(route(url: "http://a.example/b")).redact("http://a.example/b Bearer") == "http://a.example/b Bearer")
  }

  @Test func `no beginning of a secret that is written longer is left where a text is cut`() {
    let secret = String(repeating: "/+\"&", count: 10)
    let redactor = Redactor(route { $0.headers = [Header(name: "x-key", value: Secret(secret))] })
    let written = secret.utf8.map { "\\u00" + String($0, radix: 16) }.joined()
    for before in 0...60 {
      let answer = Array((String(repeating: "-", count: before) + written + "....").utf8)
      let read = Array(answer.prefix(50 + redactor.lookAhead))
      let text = redactor.beginning(of: read, isWhole: read.count == answer.count, bytesMax: 50)
      #expect(!text.contains("u00"), "\(before)")
    }
  }
}
