import Model
import Store

/// What was measured, for the rules to judge. No value here holds a secret.
enum Facts {
  struct File: Equatable {
    var path: String
    /// What it holds, in a word or two.
    var what: String
    /// The permissions, as of chmod(1).
    var mode: Int
  }

  struct Store: Equatable {
    enum Reading: Equatable {
      case missing
      case unreadable(StoreError)
      /// Whole, without a fault.
      case read(StoreExamination)
      /// Without a fault as far as the time went.
      case partly(StoreExamination, after: Duration)
    }

    var path: String
    var reading: Reading
    var isThorough: Bool
  }

  /// The relay of the rule file.
  enum Relay: Equatable {
    /// Nothing has the store, and nothing listens on status.listen.
    case stopped
    /// A process has the store, and nothing that is known listens on status.listen.
    case hidden(pid: String)
    /// Something else listens there, in words.
    case foreign(String)
    case running(Running)
  }

  struct Running: Equatable {
    var pid: Int32
    var version: String
    var fingerprint: String
    var lastError: String?
    var needsRestart: [String]
    /// Soft limit of open files; nil if it cannot be read.
    var openFilesMax: Int?
    /// Whether the reserve of the store's disk is held.
    var holdsReserve: Bool
  }

  struct Syncing: Equatable {
    /// Each from the end of a write to the end of its fsync, in order of time taken.
    var times: [Duration]

    var median: Duration { times[times.count / 2] }
    var worst: Duration { times[times.count - 1] }
  }

  struct Clock: Equatable {
    var isSynchronised: Bool
    var now: Instant
    /// Of the last report that is stored.
    var lastReportAt: Instant?
    /// By the Date of an answer that came over the network.
    var otherClock: Instant?
  }

  /// An address, and how far a connection to it came.
  struct Reach: Equatable {
    enum Outcome: Equatable {
      case connected(took: Duration)
      case noAddress
      case refused
      case unreachable
      case timedOut
      /// In the library's words.
      case tls(String)
      case other(String)
    }

    var topic: String
    /// `https://shop.example.com:8443`: no path and no query.
    var origin: String
    var isEncrypted: Bool
    var outcome: Outcome
    /// When the certificate of the other side ends.
    var certificateEnds: Instant?
  }

  /// What the public URL answered to GET with the token.
  struct PublicAnswer: Equatable {
    var status: Int
    var isReady: Bool
    /// Where it redirects to, as an origin.
    var redirect: String?
    var instance: String?
  }
}
