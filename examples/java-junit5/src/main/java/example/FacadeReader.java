package example;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.IHttpResponse;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.client.interceptor.AdditionalRequestHeadersInterceptor;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import ca.uhn.fhir.rest.gclient.ICriterion;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.hl7.fhir.dstu3.model.Appointment;
import org.hl7.fhir.dstu3.model.Bundle;
import org.hl7.fhir.dstu3.model.Patient;
import org.hl7.fhir.dstu3.model.Resource;

/** Reads the Facade with HAPI's client as a System Client; waits as long as `Retry-After` says, then tries again. */
public final class FacadeReader {
    private static final int ATTEMPTS = 3;
    private static final FhirContext STU3 = FhirContext.forDstu3();
    private static final String NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number";

    private final IGenericClient client;
    private final RetryAfter retryAfter = new RetryAfter();
    private final Consumer<Duration> pause;

    /** The organisation is the public id of the one on whose behalf the partner reads. */
    public FacadeReader(String url, String clientId, String clientSecret, String organisation, Consumer<Duration> pause)
            throws IOException, InterruptedException {
        STU3.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.NEVER);
        AdditionalRequestHeadersInterceptor headers = new AdditionalRequestHeadersInterceptor();
        headers.addHeaderValue("X-Org-Public-Id", organisation);
        this.client = STU3.newRestfulGenericClient(url + "/fhir");
        this.client.registerInterceptor(new BearerTokenAuthInterceptor(token(url, clientId, clientSecret)));
        this.client.registerInterceptor(headers);
        this.client.registerInterceptor(retryAfter);
        this.pause = pause;
    }

    public Optional<Patient> patient(String nhsNumber) {
        return search(Patient.class, Patient.IDENTIFIER.exactly().systemAndCode(NHS_NUMBER, nhsNumber))
                .stream().findFirst();
    }

    public List<Appointment> appointments(Patient patient) {
        return search(Appointment.class, Appointment.PATIENT.hasId(patient.getIdElement().getIdPart()));
    }

    private <T extends Resource> List<T> search(Class<T> type, ICriterion<?> criterion) {
        for (int attempt = 1; ; attempt++) {
            try {
                Bundle bundle = client.search().forResource(type).where(criterion).returnBundle(Bundle.class).execute();
                return bundle.getEntry().stream().map(entry -> type.cast(entry.getResource())).toList();
            } catch (BaseServerResponseException refused) {
                if (refused.getStatusCode() != 503 || attempt == ATTEMPTS) {
                    throw refused;
                }
                pause.accept(retryAfter.newest);
            }
        }
    }

    private static String token(String url, String clientId, String clientSecret)
            throws IOException, InterruptedException {
        byte[] credentials = (clientId + ":" + clientSecret).getBytes(StandardCharsets.UTF_8);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/api/oauth/token"))
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))
                .build();
        HttpResponse<String> response = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
                .send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("no token: HTTP " + response.statusCode() + " " + response.body());
        }
        return new ObjectMapper().readTree(response.body()).get("access_token").asText();
    }

    /** HAPI's exceptions do not contain the headers of a response, so this remembers the one that counts. */
    public static final class RetryAfter {
        private volatile Duration newest = Duration.ofSeconds(1);

        @Hook(Pointcut.CLIENT_RESPONSE)
        public void remember(IHttpResponse response) {
            List<String> values = response.getHeaders("Retry-After");
            newest = Duration.ofSeconds(values == null || values.isEmpty() ? 1 : Long.parseLong(values.get(0)));
        }
    }
}
