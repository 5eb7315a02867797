import GRDBSQLite

/// Of the library that is loaded.
package var sqliteVersion: String { String(cString: sqlite3_libversion()) }
