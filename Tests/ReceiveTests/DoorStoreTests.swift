import Model
import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct DoorStoreTests {
  private let unavailable = answer("503 Service Unavailable", notReceived, extra: ["retry-after: 5"])

  @Test(arguments: [sample, "[]"])
  func `nothing is answered before it is on disk`(body: String) async throws {
    try await withDoor(.holds) { door in
      try await door.connect { connection in
        try await connection.send(request(body: body))
        let entry = try await door.journal.entries.first(1)[0]
        // A whole exchange later the first connection has still heard nothing.
        _ = try await door.says(to: request("GET", headers: ["Connection: close"], body: nil))
        #expect(try await connection.read { _ in true }.isEmpty)
        entry.then(nil)
        #expect(try await connection.text(of: answer("200 OK", received)) == answer("200 OK", received))
      }
    }
  }

  @Test(arguments: [JournalError.full, .overloaded, .closed, .failed(code: 10, words: "disk I/O error")])
  func `what the store does not take is answered 503 with Retry-After, and the connection goes on`(error: JournalError) async throws {
    try await withDoor(.answers(error)) { door in
      let said = try await door.says(to: request() + request(headers: ["Connection: close"]))
      let last = answer("503 Service Unavailable", notReceived, extra: ["retry-after: 5"], closes: true)
      #expect(said == unavailable + last)
      let notStored = door.events.all.compactMap { if case .notStored(let error, _) = $0 { error } else { nil } }
      #expect(notStored == [error, error])
    }
  }

  @Test func `a commit slower than the deadline is answered 503, and its late end harms nobody`() async throws {
    try await withDoor(.holds, settings: { $0.deadline = .milliseconds(50) }) { door in
      try await door.connect { connection in
        try await connection.send(request())
        #expect(try await connection.text(of: unavailable) == unavailable)
        let late = try await door.journal.entries.first(1)[0]
        late.then(nil)
        // The connection is usable, and the late end is no answer to the next request, whose own end never comes.
        try await connection.send(request())
        #expect(try await connection.text(of: unavailable) == unavailable)
        // Nor does a late end count as an answer while the next request waits for the store.
        let second = try await door.journal.entries.first(2)[1]
        try await connection.send(request())
        _ = try await door.journal.entries.first(3)
        second.then(nil)
        #expect(try await connection.text(of: unavailable) == unavailable)
        #expect(!door.events.all.contains { if case .accepted = $0 { true } else { false } })
      }
    }
  }

  @Test func `a store that answers on another thread is heard`() async throws {
    try await withDoor(.holds) { door in
      async let said = door.says(to: request(headers: ["Connection: close"]))
      let entry = try await door.journal.entries.first(1)[0]
      await Task.detached { entry.then(nil) }.value
      #expect(try await said == answer("200 OK", received, closes: true))
    }
  }

  @Test func `one commit answers all who waited for it`() async throws {
    try await withDoor(.holds) { door in
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<32 { group.addTask { try await door.says(to: request(headers: ["Connection: close"])) } }
        for entry in try await door.journal.entries.first(32) { entry.then(nil) }
        for try await said in group { #expect(said == answer("200 OK", received, closes: true)) }
      }
    }
  }

  @Test func `an end for a client who has left harms nobody`() async throws {
    try await withDoor(.holds) { door in
      let entry = try await door.connect { connection in
        try await connection.send(request())
        return try await door.journal.entries.first(1)[0]
      }
      entry.then(nil)
      _ = try await door.says(to: request("GET", headers: ["Connection: close"], body: nil))
    }
  }
}

extension RawConnection {
  /// What comes, up to the length of what is expected.
  func text(of expected: String) async throws -> String {
    String(decoding: try await read { $0.count >= expected.utf8.count }, as: UTF8.self)
  }
}
