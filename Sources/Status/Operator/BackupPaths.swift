import Hummingbird
import Model

/// /api/v1/backups: copies of the whole store, made while the relay goes on.
///
/// No caller says where anything is written: the relay makes the copy beside its store, where it may write (also as a service that may write nowhere
/// else), and whoever asked reads it and puts it where he may. Without a `status.token` everybody on this machine gets as far as here, and
/// not everybody may read the store; there the bytes are in a file that only the relay's user and root can open.
struct BackupPaths: Sendable {
  static let path = "/api/v1/backups"
  private static let bodyBytesMax = 1_024
  private static let id = PathParameter.number("id", "The number of the backup.")

  private let `operator`: Operator

  init(_ operator: Operator) { self.operator = `operator` }

  var calls: [Call] {
    let unknown = Call.Answer.problem(.notFound, "There is no such backup, or not any more.")
    let answer = Call.Answer.json(BackupAnswer.self, "The backup.")
    let links = [("backup", "backup"), ("file", "backupFile"), ("end", "endBackup")].map {
      Call.Link(name: $0.0, call: $0.1, parameter: "id", value: "$response.body#/id")
    }
    return [
      Call(
        .get, Self.path, "backups", "The last backup since the start, if there was one.",
        answers: [.json(BackupList.self, "It, or none.")]
      ) { _ in try .json(`operator`.backups()) },
      Call(
        .post, Self.path, "startBackup", "Copy the store, while reports are taken and sent.",
        text: """
          One at a time. Ask for it at least once a minute until it is ready, then read its file, then delete it: what nobody asks for is \
          ended. It needs as much room beside the store as the store has.
          """,
        body: Call.Body(schema: .object(Schema.Object(members: [])), bytesMax: Self.bodyBytesMax),
        answers: [
          .json(BackupAnswer.self, "The backup, which is under way.", status: .accepted, links: links),
          .problem(.conflict, "One is under way."), .storeUnread,
        ]
      ) { asked in
        try OperatorPaths.expectNothing(asked)
        let backup = try await `operator`.startBackup()
        var response = try Response.json(backup, status: .accepted)
        response.headers[.location] = "\(Self.path)/\(backup.id)"
        return response
      },
      Call(
        .get, "\(Self.path)/{id}", "backup", "How far it is, and what is in it.", with: [Self.id], answers: [answer, unknown]
      ) { asked in try .json(`operator`.backup(asked[Self.id])) },
      Call(
        .delete, "\(Self.path)/{id}", "endBackup", "End it, whatever its stage, and delete its file.", with: [Self.id],
        answers: [answer, unknown]
      ) { asked in try .json(`operator`.endBackup(asked[Self.id])) },
      Call(
        .get, "\(Self.path)/{id}/file", "backupFile", "Its bytes: a plain SQLite file.",
        text: "Everything is in it: messages and phone numbers.", with: [Self.id],
        answers: [
          Call.Answer(status: .ok, text: "The file.", contents: [("application/vnd.sqlite3", .text())]), unknown,
          .problem(.conflict, "It is not ready."),
          .problem(.forbidden, "The bytes are for who has status.token, not for who may only look or is only on this machine."),
        ], answer: file),
    ]
  }

  private func file(_ asked: Asked) async throws -> Response {
    guard asked.context.seesPersonalData else {
      throw OperatorError.forbidden(
        "The store holds phone numbers and messages, which are given only to who has a token that may do everything: set status.token in the "
          + "rule file, and send the token.")
    }
    let (file, contents) = try `operator`.openBackup(asked[Self.id])
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/vnd.sqlite3", .contentDisposition: "attachment; filename=\"relay-backup-\(asked[Self.id]).db\"",
      ], body: file.body(contents.bytes))
  }
}
