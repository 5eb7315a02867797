import Model
import Receive
import Support
import Testing

@Suite(.timeLimit(.minutes(10)))
struct DoorTokenTests {
  @Test(arguments: [
    "token=right-token", "token=%72ight%2Dtoken", "t%6fken=right-token", "%74%6F%6B%65%6E=%72%69%67%68%74-token", "a=b&token=right-token",
    "token=right-token&", "&&token=right-token&b", "Token=wrong&token=right-token", "token=next%2ftoken+%C3%BC%26%3D",
    "token=next/token+%c3%bc%26=",
  ])
  func `a live token lets in however it is written`(query: String) async throws {
    try await withDoor { door in
      let said = try await door.says(to: request("POST", "/hook?\(query)", headers: ["Connection: close"]))
      #expect(said == answer("200 OK", received, closes: true))
      #expect(door.journal.entries.all.count == 1)
    }
  }

  @Test(arguments: [
    ("", Refusal.tokenMissing), ("?", .tokenMissing), ("?tokens=right-token", .tokenMissing), ("?token%3Dright-token", .tokenMissing),
    ("?TOKEN=right-token", .tokenMissing), ("?right-token", .tokenMissing), ("?a=token=right-token", .tokenMissing),
    ("?token=", .tokenEmpty), ("?token", .tokenEmpty), ("?token&a=right-token", .tokenEmpty),
    ("?token=right-token&token=right-token", .tokenRepeated), ("?token=right-token&token=wrong", .tokenRepeated),
    ("?token=wrong&token=right-token", .tokenRepeated), ("?token=right-token&token", .tokenRepeated),
    ("?token=right-token&t%6fken=", .tokenRepeated),
    ("?token=wrong", .tokenWrong), ("?token=right-toke", .tokenWrong), ("?token=right-token1", .tokenWrong),
    ("?token=Right-token", .tokenWrong), ("?token=right-token%00", .tokenWrong), ("?token=right-token%", .tokenWrong),
    ("?token=right-token+", .tokenWrong), ("?token==right-token", .tokenWrong), ("?token=right%252Dtoken", .tokenWrong),
    ("?token=next/token%20%C3%BC%26%3D", .tokenWrong), ("?token=right-token?token=right-token", .tokenWrong),
  ])
  func `without exactly one live token the answer is 401`(query: String, refusal: Refusal) async throws {
    try await withDoor { door in
      let said = try await door.says(to: request("POST", "/hook\(query)", headers: ["Connection: close"]))
      #expect(said == answer("401 Unauthorized", unauthorized, closes: true))
      #expect(door.refusals == [refusal])
      #expect(door.journal.refusals.all == [refusal.rawValue])
      #expect(door.journal.entries.all.isEmpty)
    }
  }

  @Test func `a token of 10 kB is compared like any other`() async throws {
    let long = String(repeating: "0123456789", count: 1_024)
    try await withDoor(settings: { $0.tokens.append(Token(label: "long", value: Secret(long))) }) { door in
      let right = try await door.says(to: request("POST", "/hook?token=\(long)", headers: ["Connection: close"]))
      #expect(right == answer("200 OK", received, closes: true))
      let wrong = try await door.says(to: request("POST", "/hook?token=\(long.dropLast())1", headers: ["Connection: close"]))
      #expect(wrong == answer("401 Unauthorized", unauthorized, closes: true))
    }
  }

  @Test(arguments: ["GET", "HEAD"])
  func `who only looks needs the token as well`(method: String) async throws {
    try await withDoor { door in
      let said = try await door.says(to: request(method, "/hook?token=wrong", headers: ["Connection: close"], body: nil))
      #expect(said == answer("401 Unauthorized", unauthorized, closes: true, isHead: method == "HEAD"))
    }
  }

  @Test func `after a short refused request the connection serves the next one`() async throws {
    try await withDoor { door in
      let said = try await door.says(to: request("POST", "/hook?token=wrong") + request(headers: ["Connection: close"]))
      #expect(said == answer("401 Unauthorized", unauthorized) + answer("200 OK", received, closes: true))
      #expect(door.journal.entries.all.count == 1)
    }
  }

  @Test func `the door answers the relay's own question, whatever its tokens are`() async throws {
    try await withDoor { door in
      #expect(await door.door.answers())
      door.reload { $0.tokens = [Token(label: "1", value: Secret(OpenDoor.otherToken))] }
      #expect(await door.door.answers())
      await door.door.stopAccepting()
      #expect(await !door.door.answers())
    }
  }

  @Test func `the last use of each token is known by its label, and asking is no use`() async throws {
    try await withDoor { door in
      _ = try await door.says(to: request("GET", body: nil) + request("POST", "/hook?token=wrong", headers: ["Connection: close"]))
      #expect(door.door.tokenUses() == [TokenUse(label: "1", lastUsedAt: nil), TokenUse(label: "2", lastUsedAt: nil)])
      _ = try await door.says(to: request("POST", "/hook?token=next%2Ftoken+%C3%BC%26%3D", headers: ["Connection: close"]))
      #expect(door.door.tokenUses() == [TokenUse(label: "1", lastUsedAt: nil), TokenUse(label: "2", lastUsedAt: ManualClock().now)])
    }
  }
}
