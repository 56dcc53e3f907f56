package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.hl7.fhir.dstu3.model.Appointment;
import org.hl7.fhir.dstu3.model.Patient;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PkbSandbox.class)
class BookingsTest {
    private static final Person RINA =
            new Person("9998120012", "Khatun", "Rina", LocalDate.of(1991, 6, 23), "F");
    private static final Booking REVIEW = new Booking("APT-1", "Knee clinic review", "Outpatients 3, North Wing",
            Instant.parse("2030-04-02T08:30:00Z"), Instant.parse("2030-04-02T08:50:00Z"));

    @Test
    @DisplayName("a registered person is a Patient of the Facade")
    void registers(Workspace pkb) throws Exception {
        sender(pkb).register(RINA);
        Patient patient = reader(pkb).patient(RINA.nhsNumber()).orElseThrow();
        assertEquals("Khatun", patient.getNameFirstRep().getFamily());
        assertEquals("1991-06-23", patient.getBirthDateElement().asStringValue());
    }

    @Test
    @DisplayName("a booking is an Appointment of the Facade, at the same instant")
    void books(Workspace pkb) throws Exception {
        sender(pkb).register(RINA);
        sender(pkb).book(RINA, REVIEW);
        FacadeReader facade = reader(pkb);
        Appointment appointment = facade.appointments(facade.patient(RINA.nhsNumber()).orElseThrow()).get(0);
        assertEquals(Appointment.AppointmentStatus.BOOKED, appointment.getStatus());
        assertEquals(REVIEW.start(), appointment.getStart().toInstant());
        pkb.verify(
                Map.of("api", "hl7", "operation", "SIU^S12", "outcome", "accepted", "count", 1,
                        "body", List.of(Map.of("hl7", "SCH-1.1", "equals", "APT-1"))),
                Map.of("outcome", "refused", "count", 0));
    }

    @Test
    @DisplayName("a message is sent again when its acknowledgement is lost, and the record has one appointment")
    void sendsAgain(Workspace pkb) throws Exception {
        sender(pkb).register(RINA);
        pkb.setFaults(Map.of("api", "hl7", "operation", "SIU^S12", "drop", "after-commit", "first", 1));
        sender(pkb).book(RINA, REVIEW);
        pkb.verify(Map.of("api", "hl7", "operation", "SIU^S12", "count", 2));
        FacadeReader facade = reader(pkb);
        assertEquals(1, facade.appointments(facade.patient(RINA.nhsNumber()).orElseThrow()).size());
    }

    @Test
    @DisplayName("a Facade that is unavailable is asked again after the time that it names")
    void waits(Workspace pkb) throws Exception {
        sender(pkb).register(RINA);
        pkb.setFaults(Map.of("api", "facade", "status", 503, "retry_after", 7, "first", 1));
        List<Duration> pauses = new ArrayList<>();
        Patient patient = reader(pkb, pauses::add).patient(RINA.nhsNumber()).orElseThrow();
        assertEquals("Khatun", patient.getNameFirstRep().getFamily());
        assertEquals(List.of(Duration.ofSeconds(7)), pauses);
    }

    /** The partner's HL7 user and System Client, for the first organisation that granted it access. */
    private static Hl7Sender sender(Workspace pkb) {
        JsonNode user = pkb.credential("hl7-partner");
        String alias = user.at("/on_behalf_of/0/alias").asText();
        return new Hl7Sender(pkb.url(), user.get("username").asText(), user.get("password").asText(), alias);
    }

    private static FacadeReader reader(Workspace pkb) throws IOException, InterruptedException {
        return reader(pkb, duration -> {});
    }

    private static FacadeReader reader(Workspace pkb, Consumer<Duration> pause)
            throws IOException, InterruptedException {
        JsonNode client = pkb.credential("system-client");
        String organisation = client.at("/on_behalf_of/0/organisation/id").asText();
        return new FacadeReader(
                pkb.url(), client.get("client_id").asText(), client.get("client_secret").asText(), organisation, pause);
    }
}
