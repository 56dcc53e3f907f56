package clients;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * Validates the resources of standard input, a line each: `stu3|r4`, tab, name, tab, JSON. Prints a line for each
 * error: name, tab, location, tab, message id, tab, message. Unknown code systems are warnings: nothing is looked up elsewhere.
 */
public final class Validate {
  public static void main(String[] arguments) throws Exception {
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    FhirValidator stu3 = null, r4 = null;
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] parts = line.split("\t", 3);
      boolean isStu3 = parts[0].equals("stu3");
      if (isStu3 && stu3 == null) stu3 = validator(FhirContext.forDstu3());
      if (!isStu3 && r4 == null) r4 = validator(FhirContext.forR4());
      for (SingleValidationMessage message : (isStu3 ? stu3 : r4).validateWithResult(parts[2]).getMessages()) {
        if (message.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0) {
          String text = message.getMessage().replaceAll("\\s+", " ");
          output.println(String.join("\t", parts[1], message.getLocationString(), message.getMessageId(), text));
        }
      }
    }
    output.flush();
  }

  private static FhirValidator validator(FhirContext context) {
    var unknownCodes = new UnknownCodeSystemWarningValidationSupport(context);
    unknownCodes.setNonExistentCodeSystemSeverity(
        ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity.WARNING);
    var support = new ValidationSupportChain(
        new DefaultProfileValidationSupport(context),
        new CommonCodeSystemsTerminologyService(context),
        new InMemoryTerminologyServerValidationSupport(context),
        new SnapshotGeneratingValidationSupport(context),
        unknownCodes);
    return context.newValidator().registerValidatorModule(new FhirInstanceValidator(support));
  }
}
