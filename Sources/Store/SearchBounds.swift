import Model

/// What one page of a list may look at.
struct SearchBounds {
  var rows = Limits.searchRowsMax
  var bytes = Limits.searchBytesMax

  var isSpent: Bool { rows <= 0 || bytes <= 0 }
}
