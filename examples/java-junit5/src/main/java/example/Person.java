package example;

import java.time.LocalDate;

/** A patient as the booking system knows them. The gender is F, M or U. */
public record Person(String nhsNumber, String family, String given, LocalDate birthDate, String gender) {}
