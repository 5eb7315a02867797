import Model
import NIOHTTP1

/// What is to be done with a request, decided from its head alone.
enum Admission: Equatable {
  /// Read the body: it is a report until proven otherwise. With the index of its token.
  case report(token: Int)
  /// A person, or a panel, asks whether the URL works.
  case probe
  case refuse(Refusal)
}

/// The first lines of the receive table.
struct Admissions: Sendable {
  let path: String
  let gate: TokenGate
  let bodyBytesMax: Int

  func decide(_ head: HTTPRequestHead) -> Admission {
    let target = head.uri
    let question = target.utf8.firstIndex(of: UInt8(ascii: "?"))
    guard target[..<(question ?? target.endIndex)] == path else { return .refuse(.path) }
    guard head.method == .POST || head.method == .GET || head.method == .HEAD else { return .refuse(.method) }
    switch gate.check(query: question.map { target[target.index(after: $0)...] }) {
    case .refused(let refusal): return .refuse(refusal)
    case .knows where head.method != .POST: return .probe
    case .knows(let token): return contentLength(of: head) > bodyBytesMax ? .refuse(.bodyTooLarge) : .report(token: token)
    }
  }
}

/// As announced; 0 for a chunked body, whose length shows as it comes.
func contentLength(of head: HTTPRequestHead) -> Int {
  head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
}
