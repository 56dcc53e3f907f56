package example;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Gives each test a workspace of its own: {@code @ExtendWith(PkbSandbox.class)}, and a parameter of type
 * {@link Workspace}.
 *
 * <p>{@code PKB_SANDBOX_URL} is the address of a running sandbox (http://127.0.0.1:8080),
 * {@code PKB_SANDBOX_ADMIN_TOKEN} its admin token, if it has one. When a test fails, the failure says what the sandbox
 * refused, by which rule, and on which page of PKB.
 */
public final class PkbSandbox
        implements BeforeEachCallback, AfterEachCallback, ParameterResolver, TestExecutionExceptionHandler {
    private static final Namespace NAMESPACE = Namespace.create(PkbSandbox.class);

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        context.getStore(NAMESPACE).put(Workspace.class, Workspace.create());
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        Workspace workspace = context.getStore(NAMESPACE).remove(Workspace.class, Workspace.class);
        if (workspace != null) {
            workspace.delete();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Workspace.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getStore(NAMESPACE).get(Workspace.class);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        Workspace workspace = context.getStore(NAMESPACE).get(Workspace.class, Workspace.class);
        failure.addSuppressed(new Reasons(workspace.explain()));
        throw failure;
    }

    /** The sandbox's side of a failed test, printed below the failure. */
    static final class Reasons extends Exception {
        Reasons(String text) {
            super("what the sandbox refused or changed:\n" + text, null, false, false);
        }
    }
}
