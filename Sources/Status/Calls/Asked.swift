import Foundation
import Hummingbird
import NIOCore

/// A request, read as its call describes it.
struct Asked: Sendable {
  let request: Request
  let context: DoorContext
  /// Empty if there was none, or the call has none.
  let body: [UInt8]
  private let values: [String: any Sendable]
  private let names: Set<String>

  /// - Throws: `OperatorError` that names what is wrong.
  init(_ request: Request, _ context: DoorContext, of call: Call) async throws {
    (self.request, self.context) = (request, context)
    var values: [String: any Sendable] = [:]
    for parameter in call.parameters where parameter.place == .path {
      let text = try context.parameters.require(parameter.name).removingPercentEncoding
      values[parameter.name] = try Self.value(text, of: parameter, quoted: "What the path says for {\(parameter.name)}")
    }
    if call.checksQuery { try Self.read(request.uri.query ?? "", call.parameters.filter { $0.place == .query }, into: &values) }
    self.values = values
    names = Set(call.parameters.map(\.name))
    if let wanted = call.body { body = try await request.json(wanted) } else { body = [] }
  }

  /// - Precondition: the call has the parameter.
  subscript<Value>(parameter: PathParameter<Value>) -> Value {
    guard let value = values[parameter.parameter.name] as? Value else {
      preconditionFailure("\(parameter.parameter.name) is not of this call")
    }
    return value
  }

  /// nil if it was left out.
  /// - Precondition: the call has the parameter.
  subscript<Value>(parameter: QueryParameter<Value>) -> Value? {
    precondition(names.contains(parameter.parameter.name), "\(parameter.parameter.name) is not of this call")
    return values[parameter.parameter.name].map { value in
      guard let value = value as? Value else { preconditionFailure("\(parameter.parameter.name) is of another type") }
      return value
    }
  }

  /// A name that is not known, or comes twice, was meant to say something.
  private static func read(_ query: String, _ parameters: [Parameter], into values: inout [String: any Sendable]) throws(OperatorError) {
    for item in query.split(separator: "&") {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts[0].removingPercentEncoding ?? ""
      guard let parameter = parameters.first(where: { $0.name == name }) else {
        let known = parameters.isEmpty ? "nothing" : parameters.map(\.name).joined(separator: ", ")
        throw .invalid("The query has what is not known: \"\(name.prefix(nameShownMax))\". It may have \(known).")
      }
      guard values[name] == nil else { throw .invalid("The query has \"\(name)\" twice. Say it once.") }
      let text = parts.count == 2 ? parts[1].removingPercentEncoding : ""
      values[name] = try value(text, of: parameter, quoted: "\"\(name)\"")
    }
  }

  private static let nameShownMax = 64

  /// - Parameter text: nil if it is not percent-encoded UTF-8.
  private static func value(_ text: String?, of parameter: Parameter, quoted: String) throws(OperatorError) -> any Sendable {
    guard let value = text.flatMap(parameter.read) else { throw .invalid("\(quoted) must be \(parameter.schema.words).") }
    return value
  }
}

extension Request {
  /// The body of a request that changes something. See `OperatorPaths` for why it must say that it is JSON.
  fileprivate func json(_ wanted: Call.Body) async throws -> [UInt8] {
    let types = headers[values: .contentType]
    let type = types.count == 1 ? types[0].prefix { $0 != ";" }.lowercased().trimming(while: \.isWhitespace) : ""
    let isJSON = type == "application/json"
    guard isJSON || !wanted.alwaysNamesType else { throw Self.notJSON }
    do {
      let bytes = Array(buffer: try await body.collect(upTo: wanted.bytesMax))
      guard isJSON || bytes.isEmpty else { throw Self.notJSON }
      return bytes
    } catch is NIOTooManyBytesError {
      throw OperatorError.tooLarge("A request may have at most \(wanted.bytesMax) bytes.")
    }
  }

  private static var notJSON: OperatorError { .notJSON("Send the header \"content-type: application/json\".") }
}

extension String {
  fileprivate func trimming(while isTrimmed: (Character) -> Bool) -> String {
    String(drop(while: isTrimmed).reversed().drop(while: isTrimmed).reversed())
  }
}
