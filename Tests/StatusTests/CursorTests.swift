import Foundation
import Testing

@testable import Status

struct CursorTests {
  @Test(arguments: [0, 1, 35, 36, 9_007_199_254_740_993, -1, .max, .min] as [Int64])
  func `a cursor is read back, and is short`(_ number: Int64) throws {
    for list in [Cursor.List.reports, .unmatched, .quarantine, .jobs] {
      let text = Cursor(list, at: number).text
      #expect(try Cursor(text, of: list).number == number)
      #expect(text.count <= Cursor.lengthMax)
    }
  }

  @Test(arguments: ["", "u", "u1", "20", "u+1", "U1", "u 1", "u01", "u1.0", "u\u{661}", "u1zzzzzzzzzzzzzz"])
  func `what is no cursor is refused`(_ text: String) {
    #expect(throws: OperatorError.self) { try Cursor(text, of: .unmatched) }
  }

  @Test func `a cursor of another list, or with another character in it, is refused`() {
    let text = Cursor(.unmatched, at: 812).text
    #expect(throws: OperatorError.self) { try Cursor(text, of: .quarantine) }
    for index in text.indices {
      for other in "0123456789abcdefghijklmnopqrstuvwxyz-" where other != text[index] {
        let changed = text.replacingCharacters(in: index...index, with: String(other))
        #expect(throws: OperatorError.self, "\(changed)") { try Cursor(changed, of: .unmatched) }
      }
    }
  }
}
