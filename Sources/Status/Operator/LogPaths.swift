import Hummingbird
import Logging
import Model
import Observe

/// /api/v1/log: from which level on lines are written, until the relay is started again or the time is over. What changes something is
/// guarded against web pages as in `OperatorPaths`.
struct LogPaths: Sendable {
  private static let bodyBytesMax = 1_024
  private let source: StatusSource

  init(_ source: StatusSource) { self.source = source }

  var calls: [Call] {
    let answer = Call.Answer.json(LogAnswer.self, "From which level on lines are written.")
    return [
      Call(.get, "/api/v1/log", "log", "From which level on the relay logs.", answers: [answer]) { _ in
        try .json(LogAnswer(source.levels.now))
      },
      Call(
        .put, "/api/v1/log", "changeLog", "Log from another level on, for a while.",
        text: "Then the level of the start is in force again. `debug` and `trace` end after 15 minutes if nothing is said; others stay.",
        body: Call.Body(schema: LogRequest.schema, bytesMax: Self.bodyBytesMax), answers: [answer], answer: change),
    ]
  }

  private func change(_ asked: Asked) async throws -> Response {
    let (level, time) = try LogRequest(json: asked.body).known()
    let operations = Operator(source)
    // A level that leaves out what is told of changes begins after this one was told.
    let isQuiet = level > .notice
    var about = ["log_level": level.rawValue]
    if let time { about["for"] = "\(Int(time.seconds)) s" }
    if isQuiet { operations.tell("log level", about) }
    let state = source.levels.set(level, for: time)
    if !isQuiet { operations.tell("log level", about) }
    return try .json(LogAnswer(state))
  }
}
