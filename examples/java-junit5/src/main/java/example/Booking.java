package example;

import java.time.Instant;

public record Booking(String id, String title, String place, Instant start, Instant end) {}
