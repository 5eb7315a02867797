import Hummingbird
import Model

/// Why what an operator asked for was not done. The detail is one or two sentences that say what to do.
package struct OperatorError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Of the HTTP answer.
  let httpStatus: HTTPResponse.Status
  package let detail: String
  package var status: Int { httpStatus.code }
  package var description: String { detail }

  private init(_ status: HTTPResponse.Status, _ detail: String) {
    httpStatus = status
    self.detail = detail
  }

  static func invalid(_ detail: String) -> OperatorError { OperatorError(.badRequest, detail) }
  static func unknown(_ detail: String) -> OperatorError { OperatorError(.notFound, detail) }
  static func forbidden(_ detail: String) -> OperatorError { OperatorError(.forbidden, detail) }
  static func conflict(_ detail: String) -> OperatorError { OperatorError(.conflict, detail) }
  static func notJSON(_ detail: String) -> OperatorError { OperatorError(.unsupportedMediaType, detail) }
  static func tooLarge(_ detail: String) -> OperatorError { OperatorError(.contentTooLarge, detail) }

  /// The journal did not do it.
  static func store(_ error: any Error) -> OperatorError {
    OperatorError(.serviceUnavailable, "Nothing was done, because \(error). Try again when the store works.")
  }

  static func store(unread error: any Error) -> OperatorError {
    OperatorError(.serviceUnavailable, "The store could not be read: \(error).")
  }
}
