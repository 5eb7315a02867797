import Model
import Testing

@testable import Receive

private func reading(_ json: String) -> Result<Report, NotAReport> { reading(Array(json.utf8)) }

private func reading(_ bytes: [UInt8]) -> Result<Report, NotAReport> {
  Result { () throws(NotAReport) in try readReport(bytes) }
}

private func reason(_ json: String) -> QuarantineReason? {
  if case .failure(let error) = reading(json) { error.reason } else { nil }
}

/// A report with these members besides id and status.
private func report(with members: String) throws -> Report {
  try readReport(Array(#"{"report":{"id":7,"status":"delivered",\#(members)}}"#.utf8))
}

@Suite struct `Reading a report` {
  @Test func `the documented sample is read`() throws {
    let sample = """
      {
        "report": {
          "id": 1599558518,
          "packet_id": 104525848,
          "status": "accepted",
          "to": "+905XXXXXXXXX",
          "body": "Message text"
        }
      }
      """
    #expect(
      try readReport(Array(sample.utf8))
        == Report(
          key: ReportKey(id: 1_599_558_518, status: "accepted"), packetID: 104_525_848, to: "+905XXXXXXXXX",
          body: Array("Message text".utf8)))
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("-5", -5), ("4294967296", 4_294_967_296), ("9223372036854775807", .max), ("-9223372036854775808", .min),
      (#""""#, nil), (#""1599558518""#, 1_599_558_518), (#""9223372036854775807""#, .max), (#""-9223372036854775808""#, .min),
      (#""\u0031\u0032""#, 12), (#""007""#, 7),
      ("9223372036854775808", nil), ("-9223372036854775809", nil), ("123456789012345678901234567890", nil),
      (#""9223372036854775808""#, nil), ("1.0", nil), ("1e3", nil), ("1E-3", nil), ("0e0", nil), (#""1.0""#, nil), (#""+1""#, nil),
      (#"" 1""#, nil), (#""-""#, nil), (#""0x10""#, nil), (#""１""#, nil), ("null", nil), ("true", nil), ("[1]", nil), (#"{"a":1}"#, nil),
    ] as [(String, Int64?)])
  func `ids are whole numbers of 64 bits or they are missing`(json: String, value: Int64?) throws {
    #expect(try report(with: #""packet_id":\#(json)"#).packetID == value)
    let asID = #"{"report":{"id":\#(json),"status":"accepted"}}"#
    if let value {
      #expect(try readReport(Array(asID.utf8)).key.id == value)
    } else {
      #expect(reason(asID) == .noID)
    }
  }

  @Test(arguments: ["null", "5", "true", "[]", #"{"a":"b"}"#])
  func `a text of another type is a missing text`(json: String) throws {
    let read = try report(with: #""to":\#(json),"body":\#(json)"#)
    #expect(read.to == nil)
    #expect(read.body == nil)
  }

  @Test func `missing members are nil and an empty text is a text`() throws {
    #expect(
      try readReport(Array(#"{"report":{"id":1,"status":"x"}}"#.utf8)) == Report(key: ReportKey(id: 1, status: "x")))
    #expect(try report(with: #""to":"","body":"""#).body == [])
    #expect(try report(with: #""to":"","body":"""#).to == "")
  }

  @Test(arguments: [
    (#"iim.to\/x"#, "iim.to/x"), (#"\u0131\u0130"#, "ıİ"), (#"\ud83d\ude00!"#, "😀!"), (#"\uD83D\uDE00"#, "😀"), ("çığ 😀", "çığ 😀"),
    (#"\"\\\b\f\n\r\t"#, "\"\\\u{8}\u{C}\n\r\t"), (#"\u0000"#, "\0"), (#"\u00e9e\u0301"#, "\u{E9}e\u{301}"),
    (#"\ud83d"#, "\u{FFFD}"), (#"\ude00"#, "\u{FFFD}"), (#"a\ud83db"#, "a\u{FFFD}b"), (#"\ud83d\n"#, "\u{FFFD}\n"),
    (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"), (#"\uffff"#, "\u{FFFF}"),
  ])
  func `escapes are decoded`(json: String, text: String) throws {
    let read = try report(with: #""body":"\#(json)","to":"\#(json)""#)
    #expect(read.body == Array(text.utf8))
    #expect(read.to.map { Array($0.utf8) } == Array(text.utf8))
  }

  @Test func `names are compared decoded`() throws {
    let escaped = #"{"r\u0065port":{"\u0069d":5,"stat\u0075s":"delivered","\u0062ody":"x","t\u006f":"y","packet\u005fid":6}}"#
    #expect(
      try readReport(Array(escaped.utf8))
        == Report(key: ReportKey(id: 5, status: "delivered"), packetID: 6, to: "y", body: [UInt8(ascii: "x")]))
  }

  @Test func `of a repeated member the last counts`() throws {
    #expect(
      try readReport(Array(#"{"report":{"id":1,"id":2,"status":"a","status":"b","body":"x","body":null}}"#.utf8))
        == Report(key: ReportKey(id: 2, status: "b")))
    #expect(
      try readReport(Array(#"{"report":{"id":1,"status":"a","body":"x"},"report":{"id":2,"status":"b"}}"#.utf8))
        == Report(key: ReportKey(id: 2, status: "b")))
    #expect(reason(#"{"report":{"id":1,"status":"a"},"report":7}"#) == .noReport)
  }

  @Test func `unknown members and white space are passed over`() throws {
    let json =
      "\u{FEFF} \t\r\n{ \"v\" : [ 1 , { \"id\" : 9 } , -2.5e+3 , [ ] , { } , true , false , null , \"\\u00e7]}\" ] ,\n"
      + "\"report\" : { \"extra\" : { \"status\" : \"no\" } , \"id\" : 3 , \"status\" : \"delivered\" } , \"id\" : 4 }\r\n"
    #expect(try readReport(Array(json.utf8)) == Report(key: ReportKey(id: 3, status: "delivered")))
  }
}

@Suite struct `What is no report` {
  @Test(arguments: [
    "", " ", "\u{FEFF}", "{", "}", "{}x", "{} {}", "{}\0", "[", "[1", "[1,]", "[,1]", "[1 2]", #"{"a":1,}"#, #"{,"a":1}"#, #"{"a"}"#,
    #"{"a":}"#,
    #"{"a" 1}"#, #"{"a":1 "b":2}"#, "{1:2}", "{a:1}", "{'a':1}", "{]", "[}", "tru", "truex", "True", "nul", "NaN", "Infinity", "01", "-01",
    "-",
    "+1", ".5", "1.", "1.e3", "1e", "1e+", "0x1", "1_000", #"""#, #""a"#, #""\"#, #""\u12"#, #""\u123""#, #""\u12g4""#, #""\x41""#,
    #""\'""#,
    "\"\t\"", "\"\n\"", "\"\0\"", "\u{B}1", "\u{C}1", "\u{A0}1", "// x\n1", "1 /* x */", #"{"report":{"id":1,"status":"a"}},"#,
    #"{"report":{"id":1,"status":"a","x":"\q"}}"#, #"{"report":{"id":1,"status":"a","x":[1,]}}"#, #"{"report":{"id":1,"status":"a"}"#,
  ])
  func `broken JSON is not JSON`(json: String) {
    #expect(reason(json) == .notJSON)
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xE2, 0x28, 0xA1],
      [0xED, 0xA0, 0x80],
      [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ] as [[UInt8]])
  func `malformed UTF-8 is not JSON`(bytes: [UInt8]) {
    let report = Array(#"{"report":{"id":1,"status":"a","body":""#.utf8) + bytes + Array(#""}}"#.utf8)
    #expect(reading(report) == .failure(NotAReport(reason: .notJSON)))
    #expect(reading(Array("\"".utf8) + bytes) == .failure(NotAReport(reason: .notJSON)))
  }

  @Test(
    arguments: [
      [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80],
      [0xF4, 0x8F, 0xBF, 0xBF], [0x7F],
    ] as [[UInt8]])
  func `well-formed UTF-8 is kept byte for byte`(bytes: [UInt8]) throws {
    let json = Array(#"{"report":{"id":1,"status":"a","body":""#.utf8) + bytes + Array(#""}}"#.utf8)
    #expect(try readReport(json).body == bytes)
  }

  @Test(
    arguments: [
      ("[]", .notAnObject), (#"[{"report":{"id":1,"status":"a"}}]"#, .notAnObject), ("null", .notAnObject), ("5", .notAnObject),
      (#""report""#, .notAnObject), ("{}", .noReport), (#"{"report":null}"#, .noReport), (#"{"report":[]}"#, .noReport),
      (#"{"id":1,"status":"a"}"#, .noReport), (#"{"Report":{"id":1,"status":"a"}}"#, .noReport), (#"{"report":{}}"#, .noID),
      (#"{"report":{"status":"a"}}"#, .noID), (#"{"report":{"id":1}}"#, .noStatus), (#"{"report":{"id":1,"status":""}}"#, .noStatus),
      (#"{"report":{"id":1,"status":null}}"#, .noStatus), (#"{"report":{"id":1,"status":111}}"#, .noStatus),
    ] as [(String, QuarantineReason)])
  func `JSON that is no report says why`(json: String, expected: QuarantineReason) {
    #expect(reason(json) == expected)
  }

  @Test func `a status may have 64 bytes of UTF-8 and not one more`() throws {
    let fits = String(repeating: "ı", count: 32)
    #expect(try readReport(Array(#"{"report":{"id":1,"status":"\#(fits)"}}"#.utf8)).key.status == fits)
    #expect(reason(#"{"report":{"id":1,"status":"\#(fits)a"}}"#) == .statusTooLong)
    let escaped = String(repeating: #"\u0131"#, count: 32)
    #expect(try readReport(Array(#"{"report":{"id":1,"status":"\#(escaped)"}}"#.utf8)).key.status == fits)
  }

  @Test func `nesting is bounded`() throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    #expect(try report(with: #""x":\#(nested(Limits.jsonDepthMax - 2))"#).key.id == 7)
    #expect(reason(#"{"report":{"id":7,"status":"a","x":\#(nested(Limits.jsonDepthMax - 1))}}"#) == .notJSON)
    #expect(reason(nested(Limits.jsonDepthMax)) == .notAnObject)
    #expect(reason(String(repeating: "[", count: 60_000)) == .notJSON)
  }

  @Test func `every beginning of a report is refused`() {
    let whole = Array(#"{"report":{"id":12,"packet_id":"34","status":"delivered","to":"+90","body":"ç\u0131\ud83d\ude00 -1.5e3"}}"#.utf8)
    for length in 0..<whole.count { #expect(reading(Array(whole[..<length])) == .failure(NotAReport(reason: .notJSON))) }
    #expect(throws: Never.self) { try readReport(whole) }
  }
}
