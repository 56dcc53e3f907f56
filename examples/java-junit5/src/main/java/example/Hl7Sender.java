package example;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.UUID;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.xml.sax.SAXException;

/** Registers people and books appointments by HL7 v2 over SOAP; sends again if no acknowledgement comes. */
public final class Hl7Sender {
    private static final int ATTEMPTS = 3;
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyyMMdd");
    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmssxx").withZone(ZoneOffset.UTC);

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI address;
    private final String authorization;
    private final String alias;

    /** The alias, MSH-4, names the organisation on whose behalf the partner sends. */
    public Hl7Sender(String url, String username, String password, String alias) {
        byte[] credentials = (username + ":" + password).getBytes(StandardCharsets.UTF_8);
        this.address = URI.create(url + "/services/hl7");
        this.authorization = "Basic " + Base64.getEncoder().encodeToString(credentials);
        this.alias = alias;
    }

    public void register(Person person) throws IOException, InterruptedException {
        send("ADT^A28", pid(person));
    }

    public void book(Person person, Booking booking) throws IOException, InterruptedException {
        String times = "^^^" + TIMESTAMP.format(booking.start()) + "^" + TIMESTAMP.format(booking.end());
        String sch = "SCH|" + escape(booking.id()) + "||||||^" + escape(booking.title()) + "||||" + times;
        send("SIU^S12", pid(person), sch, "PV1|||^^^^^^^^" + escape(booking.place()));
    }

    private static String pid(Person person) {
        String name = escape(person.family()) + "^" + escape(person.given());
        String birthDate = DAY.format(person.birthDate());
        return "PID|||" + person.nhsNumber() + "^^^NHS^NH||" + name + "||" + birthDate + "|" + person.gender();
    }

    private void send(String type, String... segments) throws IOException, InterruptedException {
        String header = String.join("|", "MSH", "^~\\&", "BOOKINGS", alias, "HL7API", "PKB",
                TIMESTAMP.format(Instant.now()), "", type, UUID.randomUUID().toString(), "P", "2.4");
        String message = header + "\r" + String.join("\r", segments);
        for (int attempt = 1; ; attempt++) {
            String envelope;
            try {
                envelope = post(message);
            } catch (IOException noResponse) {
                // The message may have arrived, or not. The control id is the same in each attempt, so the receiver can
                // recognise a repetition.
                if (attempt == ATTEMPTS) {
                    throw noResponse;
                }
                continue;
            }
            requireAccepted(envelope);
            return;
        }
    }

    private String post(String message) throws IOException, InterruptedException {
        String envelope = """
                <soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
                 xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Body><wss:acceptMessage>\
                <arg0>%s</arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>""".formatted(toXml(message));
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", "text/xml;charset=utf-8")
                .header("Authorization", authorization)
                .POST(HttpRequest.BodyPublishers.ofString(envelope))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new NotAccepted("HTTP " + response.statusCode() + ": " + response.body());
        }
        return response.body();
    }

    private static void requireAccepted(String envelope) throws IOException {
        for (String segment : acknowledgement(envelope).split("\r")) {
            String[] fields = segment.split("\\|");
            if (fields[0].equals("MSA") && fields[1].equals("AA")) {
                return;
            }
            if (fields[0].equals("MSA")) {
                throw new NotAccepted(fields[1] + ": " + (fields.length > 3 ? fields[3] : "without a text"));
            }
        }
        throw new NotAccepted("no MSA segment in " + envelope);
    }

    private static String acknowledgement(String envelope) throws IOException {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        try (InputStream bytes = new ByteArrayInputStream(envelope.getBytes(StandardCharsets.UTF_8))) {
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            var returned = factory.newDocumentBuilder().parse(bytes).getElementsByTagName("return");
            return returned.getLength() == 0 ? "" : returned.item(0).getTextContent();
        } catch (ParserConfigurationException | SAXException unreadable) {
            throw new NotAccepted("not an acknowledgement: " + envelope);
        }
    }

    private static String escape(String text) {
        return text.replace("\\", "\\E\\").replace("|", "\\F\\").replace("^", "\\S\\").replace("&", "\\T\\")
                .replace("~", "\\R\\");
    }

    private static String toXml(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#xD;");
    }

    /** The receiver rejected a message (AR), could not process it (AE), or sent no acknowledgement. */
    public static final class NotAccepted extends RuntimeException {
        NotAccepted(String message) {
            super(message);
        }
    }
}
