package clients;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.StrictErrorHandler;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.PreferReturnEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.client.interceptor.AdditionalRequestHeadersInterceptor;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import ca.uhn.fhir.rest.client.apache.GZipContentInterceptor;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.util.BundleUtil;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.hl7.fhir.instance.model.api.IBaseBundle;
import org.hl7.fhir.instance.model.api.IBaseConformance;
import org.hl7.fhir.instance.model.api.IBaseParameters;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;

/**
 * Calls one endpoint with HAPI's client, its parsers strict. Arguments: `facade|messaging|customer|aggregated`,
 * `stu3|r4`, base URL, token, organisation (or `-`), public id and NHS number of a patient. Prints a line for each
 * call: its name, tab, what came of it.
 */
public final class Calls {
  private static final String NHS = "https://fhir.nhs.uk/Id/nhs-number";

  private final FhirContext context;
  private final IGenericClient client;
  private final String release, base, token, organisation, patient, number;
  private final PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  public static void main(String[] arguments) throws Exception {
    var calls = new Calls(arguments);
    switch (arguments[0]) {
      case "facade" -> calls.facade();
      case "messaging" -> calls.messaging();
      case "customer" -> calls.customer();
      default -> calls.aggregated();
    }
  }

  private Calls(String[] arguments) {
    release = arguments[1];
    base = arguments[2];
    token = arguments[3];
    organisation = arguments[4];
    patient = arguments[5];
    number = arguments[6];
    context = release.equals("stu3") ? FhirContext.forDstu3() : FhirContext.forR4();
    context.setParserErrorHandler(new StrictErrorHandler());
    context.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.ONCE);
    client = context.newRestfulGenericClient(base);
    client.registerInterceptor(new BearerTokenAuthInterceptor(token));
    if (!organisation.equals("-")) {
      var headers = new AdditionalRequestHeadersInterceptor();
      headers.addHeaderValue("X-Org-Public-Id", organisation);
      client.registerInterceptor(headers);
    }
  }

  private void facade() {
    show("metadata", this::metadata);
    show("read", () -> id(client.read().resource("Patient").withId(patient).execute()));
    show("read as XML", () -> id(client.read().resource("Patient").withId(patient).encodedXml().execute()));
    show("search", () -> size(search("Patient?identifier=" + NHS + "%7C" + number)));
    show("search of appointments", () -> "" + (Integer.parseInt(size(search("Appointment?patient=" + patient))) > 0));
    show("read of nobody", () -> id(client.read().resource("Patient").withId("nobody").execute()));
    show("create", () -> id(client.create().resource(parse(person(""))).execute().getResource()));
    show("$status-query", () -> client.operation().onType("Patient").named("$status-query")
        .withParameters((IBaseParameters) parse(parameters())).execute().fhirType());
  }

  private void messaging() throws Exception {
    show("metadata", this::metadata);
    var request = HttpRequest.newBuilder(URI.create(base + "/Patient/$process-message"))
        .header("Authorization", "Bearer " + token).header("X-Org-Public-Id", organisation)
        .header("Content-Type", "application/fhir+json")
        .POST(HttpRequest.BodyPublishers.ofString(encode(parse(newcomer())))).build();
    var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    show("$process-message", () -> response.statusCode() + " " + parse(response.body()).fhirType());
    show("read", () -> id(client.read().resource("Patient").withId(patient).execute()));
  }

  private void customer() {
    show("metadata", this::metadata);
    var created = new MethodOutcome[1];
    show("create", () -> {
      created[0] = client.create().resource(parse(person("Okafor"))).prefer(PreferReturnEnum.REPRESENTATION).execute();
      return created[0].getCreated() + " version " + !created[0].getId().getVersionIdPart().isEmpty();
    });
    IIdType id = created[0].getId().toUnqualifiedVersionless();
    show("read", () -> same(id, client.read().resource("Patient").withId(id.getIdPart()).execute()));
    show("read as XML", () -> same(id, client.read().resource("Patient").withId(id.getIdPart()).encodedXml().execute()));
    show("vread", () -> same(id, client.read().resource("Patient").withUrl(created[0].getId()).execute()));
    show("conditional create", () -> created(client.create().resource(parse(person("Okafor")))
        .conditionalByUrl("Patient?identifier=urn:hapi%7C1").execute()));
    show("update", () -> {
      var changed = parse(person("Okafor-Bell"));
      changed.setId(id);
      return created(client.update().resource(changed).execute());
    });
    show("update as create", () -> {
      var added = parse(person("Chosen").replace("urn:hapi", "urn:hapi:chosen"));
      added.setId("Patient/hapi-chosen");
      return created(client.update().resource(added).execute());
    });
    show("conditional update", () -> "" + client.update().resource(parse(person("Okafor-Bell")))
        .conditionalByUrl("Patient?identifier=urn:hapi%7C1").execute().getId().getIdPart().equals(id.getIdPart()));
    show("patch", () -> "" + client.patch().withBody("[{\"op\":\"add\",\"path\":\"/gender\",\"value\":\"female\"}]")
        .withId(id).execute().getId().getIdPart().equals(id.getIdPart()));
    show("history", () -> size((IBaseBundle) client.history().onInstance(id).returnBundle(bundle()).execute()));
    show("search", () -> size(search("Patient?identifier=urn:hapi%7C1")));
    show("search as XML", () -> size((IBaseBundle) client.search().byUrl("Patient?identifier=urn:hapi%7C1")
        .encoded(EncodingEnum.XML).returnBundle(bundle()).execute()));
    show("search by POST", () -> size((IBaseBundle) client.search().forResource("Patient").usingStyle(
        ca.uhn.fhir.rest.api.SearchStyleEnum.POST).where(new ca.uhn.fhir.rest.gclient.TokenClientParam("identifier")
        .exactly().systemAndCode("urn:hapi", "1")).returnBundle(bundle()).execute()));
    show("transaction", () -> size((IBaseBundle) client.transaction().withBundle(
        (IBaseBundle) parse(transaction())).execute()));
    show("pages", () -> {
      var found = search("Patient?family=Many&_count=2");
      var sizes = new StringBuilder(size(found));
      for (String next = next(found); next != null; next = next(found)) {
        found = search(URI.create(base).resolve(next).toString());
        sizes.append(' ').append(size(found));
      }
      return sizes.toString();
    });
    show("invalid", () -> "" + client.create().resource(parse("{\"resourceType\":\"Observation\"}")).execute().getId());
    show("update of the newest version", () -> {
      var newest = client.read().resource("Patient").withId(id.getIdPart()).execute();
      return created(client.update().resource(newest).execute());
    });
    show("update of an older version", () -> {
      var older = parse(person("Late"));
      older.setId(created[0].getId().toUnqualified());
      return created(client.update().resource(older).withAdditionalHeader("If-Match", "W/\"0\"").execute());
    });
    show("create, compressed", () -> {
      var compressing = new GZipContentInterceptor();
      client.registerInterceptor(compressing);
      try {
        return created(client.create().resource(parse(person("Zipped"))).execute());
      } finally {
        client.unregisterInterceptor(compressing);
      }
    });
    show("delete", () -> client.delete().resourceById(id).execute().getClass().getSimpleName());
    show("read of what is deleted", () -> same(id, client.read().resource("Patient").withId(id.getIdPart()).execute()));
    show("read of nobody", () -> id(client.read().resource("Patient").withId("nobody").execute()));
  }

  private void aggregated() {
    show("metadata", this::metadata);
    show("search", () -> size(search("Patient?identifier=" + NHS + "%7C" + number)));
    String id = BundleUtil.toListOfResources(context, search("Patient?identifier=" + NHS + "%7C" + number))
        .get(0).getIdElement().getIdPart();
    show("read", () -> same(id, client.read().resource("Patient").withId(id).execute()));
    show("search of appointments", () -> "" + (Integer.parseInt(size(search(
        "Appointment?patient:Patient.identifier=" + NHS + "%7C" + number))) > 0));
    show("read of nobody", () -> id(client.read().resource("Patient").withId("nobody").execute()));
    show("create", () -> created(client.create().resource(parse(person("Okafor"))).execute()));
  }

  private String metadata() {
    return client.capabilities().ofType(capability()).execute().fhirType();
  }

  private void show(String name, Supplier<String> call) {
    String result;
    try {
      result = call.get();
    } catch (BaseServerResponseException refused) {
      var body = refused.getOperationOutcome();
      String outcome = body == null ? "no outcome: " + refused.getMessage() : body.fhirType();
      result = refused.getStatusCode() + " " + outcome;
    } catch (RuntimeException failed) {
      result = failed.getClass().getSimpleName() + ": " + failed.getMessage();
    }
    output.println(name + "\t" + result.replaceAll("\\s+", " "));
  }

  private IBaseBundle search(String url) {
    return (IBaseBundle) client.search().byUrl(url).returnBundle(bundle()).execute();
  }

  private String size(IBaseBundle found) {
    return "" + BundleUtil.toListOfEntries(context, found).size();
  }

  private String next(IBaseBundle found) {
    return BundleUtil.getLinkUrlOfType(context, found, "next");
  }

  private String id(IBaseResource resource) {
    return resource.getIdElement().getIdPart();
  }

  private String created(MethodOutcome outcome) {
    return "" + Boolean.TRUE.equals(outcome.getCreated());
  }

  private String same(IIdType id, IBaseResource resource) {
    return same(id.getIdPart(), resource);
  }

  private String same(String id, IBaseResource resource) {
    return "" + id.equals(id(resource));
  }

  private IBaseResource parse(String json) {
    return context.newJsonParser().parseResource(json);
  }

  private String encode(IBaseResource resource) {
    return context.newJsonParser().encodeResourceToString(resource);
  }

  @SuppressWarnings("unchecked")
  private Class<IBaseBundle> bundle() {
    return (Class<IBaseBundle>) context.getResourceDefinition("Bundle").getImplementingClass();
  }

  @SuppressWarnings("unchecked")
  private Class<IBaseConformance> capability() {
    return (Class<IBaseConformance>) context.getResourceDefinition("CapabilityStatement").getImplementingClass();
  }

  private static String person(String family) {
    return """
        {"resourceType":"Patient","identifier":[{"system":"urn:hapi","value":"1"}],"name":[{"family":"%s"}]}
        """.formatted(family.isEmpty() ? "Nobody" : family);
  }

  private static String newcomer() {
    return """
        {"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9991112227"}],
         "name":[{"family":"Newcomer","given":["Hapi"]}],"gender":"female","birthDate":"1980-04-12"}
        """;
  }

  private String parameters() {
    return """
        {"resourceType":"Parameters","parameter":[{"name":"patientIdentifier","valueIdentifier":{"system":"%s","value":"%s"}}]}
        """.formatted(NHS, number);
  }

  private static String transaction() {
    var entries = new StringBuilder();
    for (int one = 0; one < 5; one++) {
      entries.append(one == 0 ? "" : ",").append("""
          {"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e%d","resource":{"resourceType":"Patient",
           "name":[{"family":"Many"}]},"request":{"method":"POST","url":"Patient"}}
          """.formatted(one));
    }
    return "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[%s]}".formatted(entries);
  }
}
