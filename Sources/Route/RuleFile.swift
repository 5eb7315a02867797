import Model

/// What a rule file takes from outside of it. Closures, so that reading a file needs neither an environment nor a disk.
package struct Variables: Sendable {
  /// The value of an environment variable, nil if it is not set.
  package var environment: @Sendable (String) -> String?
  /// The text of a file.
  package var contents: @Sendable (String) throws -> String
  /// The text of a credential: a secret that the service manager hands over, by its name.
  package var credential: @Sendable (String) throws -> String = { _ in throw NoCredentials() }
  /// What to do about one that is not there.
  package var credentialHint: @Sendable (String) -> String? = { _ in nil }

  package init(environment: @escaping @Sendable (String) -> String?, contents: @escaping @Sendable (String) throws -> String) {
    self.environment = environment
    self.contents = contents
  }

  private struct NoCredentials: Error {}
}

/// routes.yaml.
package struct RuleFile {
  /// A larger file is refused unread. 10,000 routes with all that a route can have need 5 MB.
  package static let bytesMax = 8 * 1024 * 1024

  package struct Reading: Sendable {
    /// nil if there is any error.
    package var configuration: Configuration?
    /// All of them, by their place in the file.
    package var diagnostics: [Diagnostic]
    /// Of `Scrutiny`.
    var stepsCompared = 0
  }

  /// Reads a whole file, and says everything that is wrong with it rather than the first thing.
  /// - Parameter readableByOthers: of the file on disk. A literal secret is worth a warning only then.
  package static func read(
    _ bytes: [UInt8], named file: String, variables: Variables, readableByOthers: Bool = true
  ) -> Reading {
    func refusal(_ fault: Document.Fault, _ source: SourceText?) -> Reading {
      let shown = fault.mark.flatMap { source?.excerpt(at: $0) } ?? (text: "", caretOffset: 0)
      let place = fault.mark ?? Mark(line: 0, column: 0)
      return Reading(
        configuration: nil,
        diagnostics: [
          Diagnostic(
            file: file, line: place.line + 1, column: place.column + 1, severity: .error, message: fault.message,
            hint: fault.hint, excerpt: shown.text, caretOffset: shown.caretOffset)
        ])
    }

    guard bytes.count <= bytesMax else {
      let message = "the file has \(bytes.count) bytes, and at most \(bytesMax) are read"
      return refusal(Document.Fault(mark: nil, message: message), nil)
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
    let source = SourceText(text)
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: text.span)
    } catch {
      let place = source.mark(ofByte: error.byteOffsets.lowerBound)
      return refusal(Document.Fault(mark: place, message: "the file is not UTF-8", hint: "save it as UTF-8"), source)
    }
    do throws(Document.Fault) {
      let document = try Document(parsing: text, source)
      var reader = Reader(file, document, source, variables, readableByOthers: readableByOthers)
      return reader.read()
    } catch {
      return refusal(error, source)
    }
  }
}
