import CYAML

extension Document.Fault {
  /// What libyaml found wrong, in words that say what to do.
  init(of parser: yaml_parser_t, _ source: SourceText) {
    let problem = parser.problem.map { String(cString: $0) } ?? "out of memory"
    let context = parser.context.map { String(cString: $0) } ?? ""
    let clear = Self.clear[problem]

    var mark = Mark(parser.problem_mark)
    // What is never closed is noticed at the end of the file, and to be repaired where it begins.
    if context.hasPrefix("while scanning a quoted") || problem.contains("',' or") { mark = Mark(parser.context_mark) }
    if parser.error == YAML_READER_ERROR { mark = source.mark(ofByte: parser.problem_offset) }

    let words = clear?.words ?? (context.isEmpty ? problem : "\(problem) \(context)")
    self.init(mark: mark, message: "not valid YAML: \(words)", hint: clear?.hint)
  }

  private static let clear: [String: (words: String, hint: String?)] = [
    "mapping values are not allowed in this context": (
      "a \":\" is not expected here", "check the indentation, or quote the value if the colon is part of it"
    ),
    "did not find expected key": ("a key is expected here", "check the indentation and the quotes of the lines around it"),
    "did not find expected '-' indicator": ("a \"- \" is expected here", "check the indentation of the list"),
    "could not find expected ':'": ("a \":\" is missing after this key", "check the quotes and the indentation of the lines before it"),
    "found unexpected end of stream": ("a quote that is opened here is never closed", nil),
    "did not find expected ',' or ']'": (
      "a list that is opened here is not closed by \"]\", or lacks a comma", "inside of [ ] and { }, quote values with ${...}"
    ),
    "did not find expected ',' or '}'": (
      "a block that is opened here is not closed by \"}\", or lacks a comma", "inside of [ ] and { }, quote values with ${...}"
    ),
    "found character that cannot start any token": (
      "this character cannot begin a value", "indent with spaces, not tabs, and quote values that begin with @, ` or %"
    ),
    "found a tab character that violates indentation": ("a tab cannot indent", "indent with spaces"),
    "found a tab character where an indentation space is expected": ("a tab cannot indent", "indent with spaces"),
    "found undefined alias": ("no anchor has this name before this line", "quote the value if it begins with *"),
    "found duplicate anchor": ("this anchor is already defined", nil),
    "found unknown escape character": ("no such escape in double quotes", "write \\\\ for a backslash, or use single quotes"),
    "block sequence entries are not allowed in this context": ("a \"- \" is not expected here", "begin the list on a line of its own"),
    "did not find expected node content": ("a value is expected here", "quote it if it begins with a special character"),
    "did not find expected <document start>": ("the document has ended before this line", "check the indentation"),
    "control characters are not allowed": ("the file contains a control character", nil),
  ]
}
