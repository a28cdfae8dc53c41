package nmsw.volume;

/** A coded concept: Coding Scheme Designator, Code Value, Code Meaning (PS3.3 §8). */
public record Code(String scheme, String value, String meaning) {}
