import Model

/// The text with everything that looks like a phone number masked: 10 digits or more in a row, with a plus before them or not.
///
/// Words about an error come from other programs (a resolver, an app, a TLS library), which may repeat what was sent to them.
package func masked(phonesIn text: String) -> String {
  var shown = ""
  var run = ""
  func flush() {
    let digits = run.first == "+" ? run.count - 1 : run.count
    shown += digits >= 10 ? masked(phone: run) : run
    run = ""
  }
  for character in text {
    let isDigit = character.isASCII && character.isWholeNumber
    if !isDigit { flush() }
    if isDigit || character == "+" { run.append(character) } else { shown.append(character) }
  }
  flush()
  return shown
}

/// The same, with numbers that are written in groups masked too: with a space, a dash or a bracket between them, as people write them.
/// A date stays.
package func masked(phoneGroupsIn text: String) -> String {
  var shown = ""
  var rest = Substring(text)
  while let first = rest.first {
    if let date = rest.prefixMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])/) {
      shown += date.0
      rest = rest[date.range.upperBound...]
    } else if let number = rest.prefixMatch(of: /\+?[0-9(](?:[ ()\-]{0,3}[0-9])+/), number.0.count(where: \.isNumber) >= 10 {
      shown += masked(phone: number.0.filter { $0 == "+" || $0.isNumber })
      rest = rest[number.range.upperBound...]
    } else {
      // Not from within a number, whose end may be long enough by itself.
      let length = max(1, rest.prefix { $0.isASCII && $0.isNumber }.count)
      shown += first.isNumber ? rest.prefix(length) : rest.prefix(1)
      rest = rest.dropFirst(first.isNumber ? length : 1)
    }
  }
  return masked(phonesIn: shown)
}
