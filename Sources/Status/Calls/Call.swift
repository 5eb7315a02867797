import Hummingbird
import Model

/// One request that the operator's door serves. The router and /openapi.json are both made of these, so what is served is described,
/// and what a handler is given was read by the definition that describes it.
struct Call: Sendable {
  typealias Answering = @Sendable (Asked) async throws -> Response

  /// A body that is read, as JSON. One that is not described is not looked at.
  struct Body: Sendable {
    var schema: Schema
    var bytesMax: Int
    /// Nothing may be sent instead.
    var isRequired = true
    /// False for a method that no web page may send without asking: then nothing needs no name. See `OperatorPaths`.
    var alwaysNamesType = true
  }

  struct Answer: Sendable {
    var status: HTTPResponse.Status
    var text: String
    /// By media type.
    var contents: [(type: String, schema: Schema)] = []
    /// Calls that take something of this answer.
    var links: [Link] = []
  }

  /// A value of the answer that is a parameter of another call.
  struct Link: Sendable {
    var name: String
    /// Of the other call.
    var call: String
    var parameter: String
    /// A runtime expression of OpenAPI, such as `$response.body#/id`.
    var value: String
  }

  /// What is no GET changes something, and a GET nothing but what it counts.
  var method: HTTPRequest.Method
  /// With its parameters in braces.
  var path: String
  /// Tells it from all others.
  var name: String
  var summary: String
  /// More than fits into the summary; empty if nothing is.
  var text: String
  var parameters: [Parameter]
  var body: Body?
  /// Besides the refusals that every call may meet.
  var answers: [Answer]
  /// False where whoever asks may add to the query what it likes: probes and scrapers do.
  var checksQuery: Bool
  var answer: Answering

  init(
    _ method: HTTPRequest.Method, _ path: String, _ name: String, _ summary: String, text: String = "",
    with parameters: [any Parametric] = [], body: Body? = nil, checksQuery: Bool = true, answers: [Answer],
    answer: @escaping Answering
  ) {
    (self.method, self.path, self.name, self.summary, self.text) = (method, path, name, summary, text)
    self.parameters = parameters.map(\.parameter)
    (self.body, self.checksQuery, self.answers, self.answer) = (body, checksQuery, answers, answer)
    let inPath = path.matches(of: /\{([a-z_]+)\}/).map { String($0.1) }
    precondition(inPath == self.parameters.filter { $0.place == .path }.map(\.name), "\(path) has other parameters")
  }
}

extension Call.Answer {
  static func json(
    _ type: (some Decodable).Type, _ text: String, status: HTTPResponse.Status = .ok, links: [Call.Link] = []
  ) -> Call.Answer {
    Call.Answer(status: status, text: text, contents: [("application/json", Schema(of: type))], links: links)
  }

  static func problem(_ status: HTTPResponse.Status, _ text: String) -> Call.Answer {
    Call.Answer(status: status, text: text, contents: [(Problem.mediaType, Schema(of: Problem.self))])
  }

  static var storeUnread: Call.Answer { .problem(.serviceUnavailable, "The store could not be read, or nothing could be written.") }
}
