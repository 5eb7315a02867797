import Foundation
import Model
import NIOCore
import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct DoorConnectionTests {
  private let ok = answer("200 OK", received)
  private let lastOK = answer("200 OK", received, closes: true)

  private func report(_ id: Int) -> String { #"{"report":{"id":\#(id),"status":"delivered"}}"# }

  @Test func `a connection serves one request after the other`() async throws {
    try await withDoor { door in
      try await door.connect { connection in
        for _ in 0..<3 {
          try await connection.send(request())
          #expect(try await connection.text(of: ok) == ok)
        }
        try await connection.send(request(headers: ["Connection: close"]))
        #expect(String(decoding: try await connection.readToEnd(), as: UTF8.self) == lastOK)
      }
    }
  }

  @Test func `requests sent at once are answered in their order, one commit after the other`() async throws {
    try await withDoor(.holds) { door in
      async let said = door.says(
        to: request(body: report(1)) + request("GET", "/other", body: nil) + request(body: report(2))
          + request("POST", "/hook?token=x") + request(headers: ["Connection: close"], body: report(3)))
      for n in 1...3 {
        let entries = try await door.journal.entries.first(n)
        #expect(door.journal.entries.all.count == n)
        #expect(entries[n - 1].arrival?.report.key.id == Int64(n))
        entries[n - 1].then(nil)
      }
      let others = (answer("404 Not Found", #"{"error":"not found"}"#), answer("401 Unauthorized", unauthorized))
      #expect(try await said == ok + others.0 + ok + others.1 + lastOK)
    }
  }

  @Test func `HTTP 1.0 is answered and the connection ends`() async throws {
    try await withDoor { door in
      let said = try await door.says(to: request(version: "1.0"))
      #expect(said == lastOK)
    }
  }

  @Test func `an HTTP 1.0 client that asks to stay is told that the connection ends`() async throws {
    try await withDoor { door in
      let said = try await door.says(to: request(version: "1.0", headers: ["Connection: keep-alive"]))
      #expect(said == lastOK)
    }
  }

  @Test(arguments: ["100-continue", "100-Continue"])
  func `a client that asks before it sends the body is told to go on`(expectation: String) async throws {
    try await withDoor { door in
      try await door.connect { connection in
        let parts = request(headers: ["Expect: \(expectation)", "Connection: close"]).components(separatedBy: "\r\n\r\n")
        try await connection.send(parts[0] + "\r\n\r\n")
        let goOn = String(decoding: try await connection.read(until: "\r\n\r\n"), as: UTF8.self)
        #expect(goOn == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(door.journal.entries.all.isEmpty)
        try await connection.send(parts[1])
        #expect(String(decoding: try await connection.readToEnd(), as: UTF8.self) == lastOK)
      }
    }
  }

  @Test func `an HTTP 1.0 client is never told to go on`() async throws {
    try await withDoor { door in
      let said = try await door.says(to: request(version: "1.0", headers: ["Expect: 100-continue"]))
      #expect(said == lastOK)
    }
  }

  @Test(arguments: ["/hook?token=wrong", "/other"])
  func `a client that asks before it sends the body is refused without it`(target: String) async throws {
    try await withDoor { door in
      try await door.connect { connection in
        try await connection.send("POST \(target) HTTP/1.1\r\nHost: relay\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n")
        let said = String(decoding: try await connection.readToEnd(), as: UTF8.self)
        #expect(said.hasPrefix(target == "/other" ? "HTTP/1.1 404 " : "HTTP/1.1 401 "))
        #expect(said.contains("\r\nconnection: close\r\n"))
        #expect(door.refusals.count == 1)
      }
    }
  }

  @Test func `a chunked body is put together`() async throws {
    try await withDoor { door in
      try await door.connect { connection in
        try await connection.send(
          "POST /hook?token=right-token HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        let bytes = Array(sample.utf8)
        for piece in [bytes[..<1], bytes[1..<40], bytes[40...]] {
          try await connection.send("\(String(piece.count, radix: 16));note=x\r\n")
          try await connection.send(Array(piece))
          try await connection.send("\r\n")
        }
        try await connection.send("0\r\nTrailer: x\r\n\r\n")
        #expect(String(decoding: try await connection.readToEnd(), as: UTF8.self) == lastOK)
        #expect(door.journal.entries.all.map(\.payload.bytes) == [bytes])
      }
    }
  }

  @Test func `a request that comes byte by byte is a request`() async throws {
    try await withDoor { door in
      try await door.connect { connection in
        for byte in request(headers: ["Connection: close"]).utf8 { try await connection.send([byte]) }
        #expect(String(decoding: try await connection.readToEnd(), as: UTF8.self) == lastOK)
      }
    }
  }

  @Test func `a client that has ended its side still gets its answer`() async throws {
    try await withDoor(.holds) { door in
      async let said = door.says(to: request(), halfClose: true)
      try await door.journal.entries.first(1)[0].then(nil)
      #expect(try await said.hasSuffix("\r\n\r\n" + received))
    }
  }

  @Test func `of requests sent before the client ended its side each is answered`() async throws {
    try await withDoor(.holds) { door in
      async let said = door.says(to: request() + request() + request(), halfClose: true)
      for n in 1...3 { try await door.journal.entries.first(n)[n - 1].then(nil) }
      #expect(try await said.components(separatedBy: "200 OK").count == 4)
    }
  }

  @Test func `a client that ends in the middle of its request is no report`() async throws {
    try await withDoor { door in
      _ = try await door.says(to: "POST /hook?token=right-token HTTP/1.1\r\nHost: r\r\nContent-Length: 100\r\n\r\n{", halfClose: true)
      #expect(door.journal.entries.all.isEmpty)
    }
  }

  @Test func `an offer of another protocol is answered and not taken, and the connection ends`() async throws {
    let offer = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"]
    try await withDoor { door in
      let said = try await door.says(to: request(headers: offer))
      #expect(said == lastOK)
      let ready = try await door.says(to: request("GET", headers: offer, body: nil))
      #expect(ready == answer("200 OK", #"{"ready": true}"#, extra: [instanceLine], closes: true))
      let tunnel = try await door.says(to: "CONNECT relay:80 HTTP/1.1\r\nHost: relay\r\n\r\n")
      #expect(tunnel == answer("404 Not Found", #"{"error":"not found"}"#, closes: true))
    }
  }
}

@Suite(.timeLimit(.minutes(10)))
struct DoorStopTests {
  @Test func `who is with the store when the door stops is answered, and told that the connection ends`() async throws {
    try await withDoor(.holds) { door in
      try await door.connect { idle in
        try await idle.send(request("GET", body: nil))
        _ = try await idle.read(until: "}")
        async let said = door.says(to: request())
        let entry = try await door.journal.entries.first(1)[0]
        await door.door.stopAccepting()
        entry.then(nil)
        #expect(try await said == answer("200 OK", received, closes: true))
        // A connection that was open keeps its right to be answered.
        try await idle.send(request())
        try await door.journal.entries.first(2)[1].then(nil)
        #expect(String(decoding: try await idle.readToEnd(), as: UTF8.self) == answer("200 OK", received, closes: true))
      }
      await #expect(throws: (any Error).self) { try await door.connect { _ in } }
    }
  }

  @Test func `an address in use cannot be listened on`() async throws {
    try await withDoor { door in
      await #expect(throws: IOError.self) {
        try await withDoor(settings: { $0.listen = Endpoint(host: "127.0.0.1", port: door.port) }) { _ in }
      }
    }
  }
}
