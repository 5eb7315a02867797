import CYAML

/// A place in the file, from 0, in lines and Unicode scalars.
struct Mark: Hashable, Comparable {
  var line: Int
  var column: Int

  init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line), column: Int(mark.column)) }

  static func < (a: Mark, b: Mark) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// A YAML document as libyaml read it. Aliases are not expanded: a node that is used twice is one node with one number, and
/// its place is where it was written.
struct Document {
  struct Pair {
    var key: Int
    var value: Int
  }

  enum Content {
    /// Plain means without quotes: only then can it be a null or a merge key.
    case scalar(String, isPlain: Bool)
    case sequence([Int])
    case mapping([Pair])
  }

  struct Node {
    var content: Content
    var start: Mark
    var end: Mark
  }

  /// The file is no YAML, or YAML that cannot be a rule file.
  struct Fault: Error {
    /// nil where the whole file is meant.
    var mark: Mark?
    var message: String
    var hint: String?
  }

  /// No rule file has a reason to be nested deeper.
  static let depthMax = 64
  /// Nodes with every alias counted as often as it is used, so that a small file cannot unfold into a large one.
  static let expandedNodesMax = 1_000_000

  /// Names of anchors, and uses of them. libyaml looks through all names at each use.
  static let anchorsMax = 1_000
  static let aliasesMax = 100_000

  private(set) var nodes: [Node] = []
  static let root = 0

  subscript(id: Int) -> Node { nodes[id] }

  /// - Parameter source: of the same bytes.
  /// - Parameter bytes: UTF-8 without a byte order mark.
  init(parsing bytes: [UInt8], _ source: SourceText) throws(Fault) {
    try Self.withParser(of: bytes) { (parser) throws(Fault) in try Self.checkEvents(parser, source) }
    nodes = try Self.withParser(of: bytes) { (parser) throws(Fault) in try Self.load(parser, source) }
    try checkSize()
  }

  private static func withParser<Value>(
    of bytes: [UInt8], _ use: (UnsafeMutablePointer<yaml_parser_t>) throws(Fault) -> Value
  ) throws(Fault) -> Value {
    // libyaml keeps a pointer to the parser inside it: it must not move.
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    precondition(yaml_parser_initialize(parser) == 1, "out of memory")
    defer { yaml_parser_delete(parser) }
    // The input is a buffer of ours, since libyaml reads it during each load.
    let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    defer { input.deallocate() }
    _ = input.initialize(from: bytes)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)

    return try use(parser)
  }

  /// A pass over the events alone, before anything is built of them. libyaml's scanner visits every open bracket at each step, and its
  /// loader every anchor at each alias, so that a file of nothing but those would keep `load` busy for minutes; here the first one too
  /// many ends it.
  private static func checkEvents(_ parser: UnsafeMutablePointer<yaml_parser_t>, _ source: SourceText) throws(Fault) {
    var (depth, values, anchors, aliases) = (0, 0, 0, 0)
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(parser, &event) == 1 else { throw Fault(of: parser.pointee, source) }
      defer { yaml_event_delete(&event) }
      var anchor: UnsafeMutablePointer<yaml_char_t>?
      switch event.type {
      case YAML_SEQUENCE_START_EVENT:
        (depth, values, anchor) = (depth + 1, values + 1, event.data.sequence_start.anchor)
      case YAML_MAPPING_START_EVENT:
        (depth, values, anchor) = (depth + 1, values + 1, event.data.mapping_start.anchor)
      case YAML_SCALAR_EVENT: (values, anchor) = (values + 1, event.data.scalar.anchor)
      case YAML_ALIAS_EVENT: aliases += 1
      case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: depth -= 1
      case YAML_STREAM_END_EVENT: return
      default: break
      }
      if anchor != nil { anchors += 1 }
      let place = Mark(event.start_mark)
      guard depth <= depthMax else { throw Fault(mark: place, message: "the file is nested deeper than \(depthMax) levels") }
      guard values <= expandedNodesMax else { throw Fault(mark: place, message: "the file has more than \(expandedNodesMax) values") }
      guard anchors <= anchorsMax else { throw Fault(mark: place, message: "the file has more than \(anchorsMax) anchors") }
      guard aliases <= aliasesMax else { throw Fault(mark: place, message: "the file has more than \(aliasesMax) aliases") }
    }
  }

  private static func load(_ parser: UnsafeMutablePointer<yaml_parser_t>, _ source: SourceText) throws(Fault) -> [Node] {
    var document = yaml_document_t()
    guard yaml_parser_load(parser, &document) == 1 else { throw Fault(of: parser.pointee, source) }
    defer { yaml_document_delete(&document) }
    guard yaml_document_get_root_node(&document) != nil else {
      throw Fault(mark: nil, message: "the file is empty", hint: "dlr-relay init writes one to start from")
    }
    let count = document.nodes.top - document.nodes.start
    let nodes = UnsafeBufferPointer(start: document.nodes.start, count: count).map { Node($0) }

    var second = yaml_document_t()
    guard yaml_parser_load(parser, &second) == 1 else { throw Fault(of: parser.pointee, source) }
    defer { yaml_document_delete(&second) }
    if let extra = yaml_document_get_root_node(&second) {
      throw Fault(mark: Mark(extra.pointee.start_mark), message: "a second document begins here", hint: "a rule file is one document")
    }
    return nodes
  }

  /// Refuses recursion and aliases that unfold or lead too deep, before anything walks the tree.
  private func checkSize() throws(Fault) {
    var sizes = [Int](repeating: 0, count: nodes.count)
    let size = try expandedSize(of: Self.root, depth: 0, &sizes)
    guard size <= Self.expandedNodesMax else {
      throw Fault(mark: nil, message: "the aliases of the file unfold to more than \(Self.expandedNodesMax) values")
    }
  }

  /// - Parameter sizes: by node; 0 unknown, -1 while its children are being counted.
  private func expandedSize(of id: Int, depth: Int, _ sizes: inout [Int]) throws(Fault) -> Int {
    if sizes[id] > 0 { return sizes[id] }
    guard sizes[id] == 0 else { throw Fault(mark: nodes[id].start, message: "an alias refers to a value that it is part of") }
    guard depth <= Self.depthMax else {
      throw Fault(mark: nodes[id].start, message: "the file is nested deeper than \(Self.depthMax) levels")
    }
    sizes[id] = -1
    var size = 1
    for child in nodes[id].children {
      let (sum, overflow) = size.addingReportingOverflow(try expandedSize(of: child, depth: depth + 1, &sizes))
      size = overflow ? .max : sum
    }
    sizes[id] = size
    return size
  }
}

extension Document.Node {
  fileprivate init(_ node: yaml_node_t) {
    start = Mark(node.start_mark)
    end = Mark(node.end_mark)
    switch node.type {
    case YAML_SEQUENCE_NODE:
      let items = node.data.sequence.items
      content = .sequence(UnsafeBufferPointer(start: items.start, count: items.top - items.start).map { Int($0) - 1 })
    case YAML_MAPPING_NODE:
      let pairs = node.data.mapping.pairs
      content = .mapping(
        UnsafeBufferPointer(start: pairs.start, count: pairs.top - pairs.start).map {
          Document.Pair(key: Int($0.key) - 1, value: Int($0.value) - 1)
        })
    default:
      let scalar = node.data.scalar
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      content = .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
    }
  }

  fileprivate var children: [Int] {
    switch content {
    case .scalar: []
    case .sequence(let items): items
    case .mapping(let pairs): pairs.flatMap { [$0.key, $0.value] }
    }
  }

  /// What YAML reads as "no value".
  var isNull: Bool {
    if case .scalar(let text, isPlain: true) = content { ["", "~", "null", "Null", "NULL"].contains(text) } else { false }
  }

  var kindInWords: String {
    switch content {
    case .scalar: "a single value"
    case .sequence: "a list"
    case .mapping: "a block of keys"
    }
  }
}
