import Hummingbird
import NIOCore

extension Request {
  /// The body of a request that changes something. See `OperatorPaths` for why it must say that it is JSON.
  /// - Parameter mayBeEmpty: of a method that no web page may send without asking: then nothing needs no name.
  func json(bytesMax: Int, mayBeEmpty: Bool = false) async throws -> [UInt8] {
    let types = headers[values: .contentType]
    let type = types.count == 1 ? types[0].prefix { $0 != ";" }.lowercased().trimming(while: \.isWhitespace) : ""
    let isJSON = type == "application/json"
    guard isJSON || mayBeEmpty else { throw Self.notJSON }
    do {
      let bytes = Array(buffer: try await body.collect(upTo: bytesMax))
      guard isJSON || bytes.isEmpty else { throw Self.notJSON }
      return bytes
    } catch is NIOTooManyBytesError {
      throw OperatorError.tooLarge("A request may have at most \(bytesMax) bytes.")
    }
  }

  private static var notJSON: OperatorError { .notJSON("Send the header \"content-type: application/json\".") }
}

extension RequestContext {
  func number(_ name: String) throws -> Int64 {
    guard let number = Int64(try parameters.require(name)) else {
      throw OperatorError.invalid("What ends the path must be a whole number.")
    }
    return number
  }
}

extension String {
  fileprivate func trimming(while isTrimmed: (Character) -> Bool) -> String {
    String(drop(while: isTrimmed).reversed().drop(while: isTrimmed).reversed())
  }
}
