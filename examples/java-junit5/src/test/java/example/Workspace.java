package example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** An isolated copy of the sandbox's seeded world. Its credentials choose it at every API. */
public final class Workspace {
    private static final String URL =
            System.getenv().getOrDefault("PKB_SANDBOX_URL", "http://127.0.0.1:8080").replaceAll("/+$", "");
    private static final String ADMIN_TOKEN = System.getenv("PKB_SANDBOX_ADMIN_TOKEN");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final String name;
    private final JsonNode credentials;

    private Workspace(String name, JsonNode credentials) {
        this.name = name;
        this.credentials = credentials;
    }

    /** {@code idle_seconds} removes the workspace if the test run is killed. */
    static Workspace create() throws IOException, InterruptedException {
        String name = "junit-" + UUID.randomUUID();
        JsonNode created = control("POST", "/_sandbox/workspaces", Map.of("name", name, "idle_seconds", 900));
        return new Workspace(name, created.get("credentials"));
    }

    void delete() throws IOException, InterruptedException {
        control("DELETE", "/_sandbox/workspaces/" + name, null);
    }

    public String url() {
        return URL;
    }

    /** The first credential of a kind, as {@code GET /_sandbox/credentials} lists them. */
    public JsonNode credential(String kind) {
        return stream(credentials).filter(candidate -> candidate.get("kind").asText().equals(kind)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the workspace has no credential of kind " + kind));
    }

    /** Replaces the fault rules: requests and messages that meet the conditions of a rule fail as it says. */
    @SafeVarargs
    public final void setFaults(Map<String, ?>... rules) throws IOException, InterruptedException {
        ask("PUT", "/faults", Map.of("rules", rules));
    }

    /** Compares the journal of the workspace with expectations. Throws the sandbox's sentences where they differ. */
    @SafeVarargs
    public final void verify(Map<String, ?>... expectations) throws IOException, InterruptedException {
        JsonNode result = ask("POST", "/verify", Map.of("expect", expectations));
        if (!result.get("ok").asBoolean()) {
            throw new AssertionError(stream(result.get("failures")).map(failure -> failure.get("text").asText())
                    .collect(Collectors.joining("\n")));
        }
    }

    /** What the sandbox refused, ignored or let fail: rule, matrix cell and source of each, from the explanations. */
    public String explain() throws IOException, InterruptedException {
        StringBuilder text = new StringBuilder();
        JsonNode faults = ask("GET", "/faults", null).get("rules");
        for (JsonNode exchange : ask("GET", "/exchanges", null).get("exchanges")) {
            if (exchange.get("explain").isNull()) {
                continue;
            }
            JsonNode why = control("GET", exchange.get("explain").asText(), null);
            text.append("%s %s: %s%n".formatted(values(exchange, "api", "operation", "outcome")));
            text.append("  %s%n  rule:    %s%n  instead: %s%n  cell:    %s%n  source:  %s (%s)%n".formatted(
                    values(why, "expected", "rule", "instead", "cell", "source", "standing")));
            stream(faults).filter(rule -> rule.get("id").equals(exchange.get("fault")))
                    .forEach(rule -> text.append("  fault:   ").append(rule).append('\n'));
        }
        return text.isEmpty() ? "nothing" : text.toString();
    }

    private static Object[] values(JsonNode node, String... keys) {
        return Stream.of(keys).map(key -> node.get(key).asText()).map(text -> text.isEmpty() ? "-" : text).toArray();
    }

    private static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    private JsonNode ask(String method, String path, Object body) throws IOException, InterruptedException {
        return control(method, "/_sandbox" + path + "?workspace=" + name, body);
    }

    private static JsonNode control(String method, String path, Object body) throws IOException, InterruptedException {
        HttpRequest.BodyPublisher content = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(URL + path))
                .timeout(Duration.ofSeconds(60)).method(method, content);
        if (ADMIN_TOKEN != null) {
            request.header("Authorization", "Bearer " + ADMIN_TOKEN);
        }
        HttpResponse<String> response;
        try {
            response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (ConnectException nobody) {
            throw new IOException("No sandbox answers at " + URL + ". Start one, or set PKB_SANDBOX_URL.", nobody);
        }
        if (response.statusCode() >= 300) {
            throw new IOException("%s %s: HTTP %d %s".formatted(method, path, response.statusCode(), response.body()));
        }
        return JSON.readTree(response.body());
    }
}
