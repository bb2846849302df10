extension String {
  /// The text with its control characters escaped: names that come from files must not break a line or steer a
  /// terminal.
  public var escapingControls: String {
    unicodeScalars.reduce(into: "") { text, scalar in
      if scalar.properties.generalCategory == .control {
        text += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
  }
}
