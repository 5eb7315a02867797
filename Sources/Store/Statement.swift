import Foundation
import GRDBSQLite
import Model

/// An SQLite result code with its words. The words name tables and columns, never a stored value.
struct SQLiteFailure: Error {
  /// Extended, see sqlite.org/rescode.html.
  var code: Int32
  var words: String
  /// What the system last refused SQLite; 0 if that is not known. SQLite's own record of it leaves out what a commit met with.
  var systemCode: Int32 = 0
}

extension SQLiteFailure {
  init(_ connection: OpaquePointer?) {
    code = sqlite3_extended_errcode(connection)
    words = String(cString: sqlite3_errmsg(connection))
    systemCode = errno
  }
}

/// A prepared statement of the data path. Belongs to the writer's thread, which finalizes it before closing the connection.
///
/// Values are bound with SQLITE_TRANSIENT (SQLite copies them): they are small, and no pointer outlives its array.
final class Statement {
  private let handle: OpaquePointer
  private let connection: OpaquePointer

  init(_ sql: String, on connection: OpaquePointer) throws(SQLiteFailure) {
    var handle: OpaquePointer?
    guard sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil) == SQLITE_OK, let handle else {
      throw SQLiteFailure(connection)
    }
    self.handle = handle
    self.connection = connection
  }

  func finalize() { sqlite3_finalize(handle) }

  /// Runs a statement that returns no rows.
  /// - Returns: how many rows it changed.
  @discardableResult
  func run(_ values: Value...) throws(SQLiteFailure) -> Int {
    bind(values)
    errno = 0
    let code = sqlite3_step(handle)
    // Before the reset: it would overwrite the words.
    let failure = code == SQLITE_DONE ? nil : SQLiteFailure(connection)
    sqlite3_reset(handle)
    if let failure { throw failure }
    return Int(sqlite3_changes(connection))
  }

  /// Calls `body` with each row until it returns false. A statement that changes rows and returns them has changed all of them by
  /// the first (sqlite.org/lang_returning.html).
  func rows(_ values: Value..., body: (borrowing StatementRow) -> Bool) throws(SQLiteFailure) { try step(values, body) }

  /// - Returns: what `body` makes of the first row; nil if there is none.
  func first<T>(_ values: Value..., body: (borrowing StatementRow) -> T) throws(SQLiteFailure) -> T? {
    var found: T?
    try step(values) { row in
      found = body(row)
      return false
    }
    return found
  }

  /// - Returns: what `body` makes of each row.
  func all<T>(_ values: Value..., body: (borrowing StatementRow) -> T) throws(SQLiteFailure) -> [T] {
    var found: [T] = []
    try step(values) { row in
      found.append(body(row))
      return true
    }
    return found
  }

  private func step(_ values: [Value], _ body: (borrowing StatementRow) -> Bool) throws(SQLiteFailure) {
    bind(values)
    defer { sqlite3_reset(handle) }
    while true {
      errno = 0
      switch sqlite3_step(handle) {
      case SQLITE_ROW: if !body(StatementRow(handle: handle)) { return }
      case SQLITE_DONE: return
      default: throw SQLiteFailure(connection)
      }
    }
  }

  private func bind(_ values: [Value]) {
    for (i, value) in values.enumerated() {
      let code = value.bind(to: handle, at: Int32(i + 1))
      precondition(code == SQLITE_OK, "a statement of ours was bound with what it does not take: \(code)")
    }
  }
}

enum Value {
  case integer(Int64)
  case text(String)
  case blob([UInt8])
  case null

  static func optional(_ text: String?) -> Value { text.map(Value.text) ?? .null }
  static func optional(_ instant: Instant?) -> Value { instant.map { .integer($0.microseconds) } ?? .null }
  static func optional(_ integer: Int64?) -> Value { integer.map(Value.integer) ?? .null }
  static func lane(_ lane: LaneID) -> Value { .integer(Int64(lane.number)) }
  static func instant(_ instant: Instant) -> Value { .integer(instant.microseconds) }
  static func flag(_ flag: Bool) -> Value { .integer(flag ? 1 : 0) }
  static func count(_ n: Int) -> Value { .integer(Int64(n)) }

  fileprivate func bind(to handle: OpaquePointer, at index: Int32) -> Int32 {
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    switch self {
    case .integer(let integer): return sqlite3_bind_int64(handle, index, integer)
    case .null: return sqlite3_bind_null(handle, index)
    case .text(var text):
      return text.withUTF8 { utf8 in
        utf8.withMemoryRebound(to: CChar.self) {
          // SQLite reads a nil pointer as NULL, and an empty buffer may have one.
          sqlite3_bind_text(handle, index, $0.baseAddress ?? emptyText, Int32($0.count), transient)
        }
      }
    case .blob(let bytes):
      guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
      return bytes.withUnsafeBytes { sqlite3_bind_blob(handle, index, $0.baseAddress, Int32($0.count), transient) }
    }
  }
}

private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
  let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  pointer.initialize(to: 0)
  return UnsafePointer(pointer)
}()

/// The present row of a running statement. Valid within the callback that gets it.
struct StatementRow: ~Copyable {
  fileprivate let handle: OpaquePointer

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }
  func instant(_ column: Int32) -> Instant { Instant(microseconds: integer(column)) }
  func optionalInstant(_ column: Int32) -> Instant? { isNull(column) ? nil : instant(column) }
  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  func text(_ column: Int32) -> String {
    guard let pointer = sqlite3_column_text(handle, column) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: pointer, count: count), as: UTF8.self)
  }

  func blob(_ column: Int32) -> [UInt8] {
    guard let pointer = sqlite3_column_blob(handle, column) else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: pointer, count: Int(sqlite3_column_bytes(handle, column))))
  }
}
