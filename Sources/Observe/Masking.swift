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
