import Model
import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct DoorLimitTests {
  private let tooLarge = answer("413 Content Too Large", #"{"error":"body too large"}"#, closes: true)
  private let target = "/hook?token=right-token"

  /// A report of exactly so many bytes.
  private func report(bytes: Int) -> String {
    let (head, tail) = (#"{"report":{"id":1,"status":"x","body":""#, #""}}"#)
    return head + String(repeating: "b", count: bytes - head.utf8.count - tail.utf8.count) + tail
  }

  private func chunked(_ body: String, by size: Int, end: String = "0\r\n\r\n") -> String {
    var text = "POST \(target) HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n"
    var rest = body[...]
    while !rest.isEmpty {
      text += "\(String(rest.prefix(size).utf8.count, radix: 16))\r\n\(rest.prefix(size))\r\n"
      rest = rest.dropFirst(size)
    }
    return text + end
  }

  @Test func `a body of exactly the limit is taken`() async throws {
    try await withDoor { door in
      let body = report(bytes: ReceiveSettings(tokens: []).bodyBytesMax)
      #expect(try await door.says(to: request(headers: ["Connection: close"], body: body)) == answer("200 OK", received, closes: true))
      #expect(door.journal.entries.all.last?.payload.bytes == Array(body.utf8))
      try await door.connect { connection in
        try await connection.send(chunked(body, by: 10_000))
        #expect(try await connection.text(of: answer("200 OK", received)) == answer("200 OK", received))
      }
      #expect(door.journal.entries.all.last?.payload.bytes == Array(body.utf8))
    }
  }

  @Test func `a body one byte over the limit is answered 413 as soon as that shows, and the connection ends`() async throws {
    try await withDoor(settings: { $0.bodyBytesMax = 1_000 }) { door in
      let announced = "POST \(target) HTTP/1.1\r\nHost: r\r\nContent-Length: 1001\r\n\r\n"
      let shownAsItComes = chunked(report(bytes: 1_001), by: 100, end: "")
      let ofProbe = request("GET", target, body: report(bytes: 1_001))
      for bytes in [announced, shownAsItComes, ofProbe] {
        let said = try await door.says(to: bytes)
        #expect(said == tooLarge)
      }
      #expect(door.refusals == [.bodyTooLarge, .bodyTooLarge, .bodyTooLarge])
      #expect(door.journal.refusals.all == ["body_too_large", "body_too_large", "body_too_large"])
      #expect(door.journal.entries.all.isEmpty)
    }
  }

  @Test(arguments: [("right-token", "413"), ("wrong", "401")], [true, false])
  func `a refusal is read, not cut off by a reset, though the client goes on sending`(
    _ row: (token: String, status: String), isChunked: Bool
  ) async throws {
    try await withDoor(settings: { $0.bodyBytesMax = 1_000 }) { door in
      let length = 900_000
      let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(length)"
      let head = "POST /hook?token=\(row.token) HTTP/1.1\r\nHost: r\r\n\(framing)\r\n\r\n"
      let body = (isChunked ? "\(String(length, radix: 16))\r\n" : "") + String(repeating: "x", count: length)
      try await door.connect(sending: head + body) { connection in
        let said = String(decoding: try await connection.readToEnd(), as: UTF8.self)
        #expect(said.hasPrefix("HTTP/1.1 \(row.status) "))
        #expect(said.contains("\r\nconnection: close\r\n"))
        #expect(said.hasSuffix("\"}"))
        if isChunked { try await connection.send("\r\n0\r\n\r\n") }
        #expect(try await !connection.wasReset())
        #expect(door.refusals.count == 1)
      }
    }
  }

  @Test func `a client that sends for ever is cut off`() async throws {
    try await withDoor { door in
      try await door.connect { connection in
        try await connection.send("POST \(target) HTTP/1.1\r\nHost: r\r\nContent-Length: 1000000000\r\n\r\n")
        let megabyte = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
        await #expect(throws: (any Error).self) { for _ in 0..<100 { try await connection.send(megabyte) } }
      }
    }
  }

  @Test func `after a refused body nothing on the connection is a request`() async throws {
    try await withDoor(settings: { $0.bodyBytesMax = 10 }) { door in
      let said = try await door.says(to: request() + request(body: "{}"))
      #expect(said == tooLarge)
      #expect(door.journal.entries.all.isEmpty)
    }
  }

  @Test(arguments: [17_000, 200_000])
  func `headers over the limit are answered 431 and the connection ends without a reset`(bytes: Int) async throws {
    try await withDoor { door in
      try await door.connect { connection in
        try await connection.send(request(headers: ["X-Long: " + String(repeating: "x", count: bytes)]))
        let said = String(decoding: try await connection.readToEnd(), as: UTF8.self)
        #expect(said == answer("431 Request Header Fields Too Large", #"{"error":"headers too large"}"#, closes: true))
        #expect(try await !connection.wasReset())
        #expect(door.refusals == [.headersTooLarge])
        #expect(door.journal.refusals.all == ["headers_too_large"])
      }
    }
  }

  @Test func `many headers are limited together, and a target like one`() async throws {
    try await withDoor { door in
      let headers = (0..<400).map { "X-\($0): " + String(repeating: "x", count: 50) }
      for bytes in [request(headers: headers), request("POST", target + "&" + String(repeating: "x", count: 17_000))] {
        let said = try await door.says(to: bytes)
        #expect(said.hasPrefix("HTTP/1.1 431 "))
      }
      #expect(door.refusals == [.headersTooLarge, .headersTooLarge])
    }
  }

  @Test(arguments: [
    "HELLO\r\n\r\n", "POST /hook?token=right-token\r\n\r\n", "POST /hook?token=right-token HTTP/9.9\r\n\r\n",
    "POST /hook?token=right-token HTTP/1.1\r\nHost r\r\n\r\n", "POST /hook?token=right-token HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    "POST /hook?token=right-token HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "POST /hook?token=right-token HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "POST /hook?token=right-token HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /hook?token=right-token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n",
  ])
  func `what is not HTTP is answered 400 and the connection ends`(bytes: String) async throws {
    try await withDoor { door in
      let said = try await door.says(to: bytes)
      #expect(said == answer("400 Bad Request", #"{"error":"malformed request"}"#, closes: true))
      #expect(door.refusals == [.malformed])
      #expect(door.journal.refusals.all == ["malformed"])
      #expect(door.journal.entries.all.isEmpty)
    }
  }

  @Test func `a request is answered though what follows it is not HTTP`() async throws {
    try await withDoor(.holds) { door in
      try await door.connect { connection in
        try await connection.send(request() + "nonsense\r\n\r\n")
        let entry = try await door.journal.entries.first(1)[0]
        try await connection.send("and more of it\r\n\r\n")
        entry.then(nil)
        let said = String(decoding: try await connection.readToEnd(), as: UTF8.self)
        #expect(said == answer("200 OK", received) + answer("400 Bad Request", #"{"error":"malformed request"}"#, closes: true))
      }
    }
  }

  @Test(arguments: ["right-token", "wrong"])
  func `a body that is too slow is answered 408 and the connection ends`(token: String) async throws {
    try await withDoor(settings: { $0.readTimeout = .seconds(1) }) { door in
      let said = try await door.says(to: "POST /hook?token=\(token) HTTP/1.1\r\nHost: r\r\nContent-Length: 100\r\n\r\n{\"rep")
      #expect(said == answer("408 Request Timeout", #"{"error":"request took too long"}"#, closes: true))
      #expect(door.refusals == [.slow])
      #expect(door.journal.refusals.all == ["slow"])
    }
  }

  @Test func `a connection without a request ends after the idle time, or sooner after the time for one`() async throws {
    for limit in [\ReceiveSettings.idleTimeout, \.readTimeout] {
      try await withDoor(settings: { $0[keyPath: limit] = .milliseconds(50) }) { door in
        let said = try await door.says(to: "")
        #expect(said == "")
        #expect(door.refusals.isEmpty)
      }
    }
  }

  @Test func `a head that is too slow is answered 408, from its first byte on`() async throws {
    try await withDoor(settings: { $0.readTimeout = .seconds(1) }) { door in
      let said = try await door.says(to: "POST /hook?tok")
      #expect(said == answer("408 Request Timeout", #"{"error":"request took too long"}"#, closes: true))
      #expect(door.refusals == [.slow])
    }
  }

  @Test func `a connection ends after the idle time that follows an answer`() async throws {
    try await withDoor(settings: { $0.idleTimeout = .seconds(1) }) { door in
      let said = try await door.says(to: request())
      #expect(said == answer("200 OK", received))
      #expect(door.refusals.isEmpty)
    }
  }

  @Test func `who does not read the answers gets no more of them, and is gone after the idle time`() async throws {
    try await withDoor(settings: { $0.idleTimeout = .seconds(1) }) { door in
      // Far more than the system keeps of their answers.
      let asked = 400_000
      let flood = [UInt8](repeatElement(Array("GET / HTTP/1.1\r\n\r\n".utf8), count: asked).joined())
      try await RawConnection.with(host: "127.0.0.1", port: door.port, reads: false) { client in
        _ = await #expect(throws: (any Error).self) { try await client.send(flood) }
      }
      #expect(door.refusals.count < asked / 2)
    }
  }

  @Test func `who sends faster than it reads gets all the answers`() async throws {
    try await withDoor { door in
      let asked = 50_000
      let flood = String(repeating: "GET / HTTP/1.1\r\n\r\n", count: asked - 1) + "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
      let said = try await door.says(to: flood)
      #expect(said.ranges(of: "HTTP/1.1 404").count == asked)
      #expect(door.refusals.count == asked)
    }
  }

  @Test func `a connection too many is closed, and welcome again when there is room`() async throws {
    try await withDoor(settings: { $0.connectionsMax = 1 }) { door in
      try await door.connect { connection in
        try await connection.send(request())
        _ = try await connection.text(of: answer("200 OK", received))
        #expect(try await door.says(to: request()) == "")
        #expect(door.refusals == [.connections])
        #expect(door.journal.refusals.all == ["connections"])
        try await connection.send(request(headers: ["Connection: close"]))
        _ = try await connection.readToEnd()
      }
      #expect(try await door.says(to: request(headers: ["Connection: close"])) == answer("200 OK", received, closes: true))
    }
  }
}
