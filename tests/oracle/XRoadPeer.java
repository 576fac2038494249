import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A security server's peer side in Java: TLS of the JDK with one of X-Road's three suites, wire.md 3 and 5 by code of
 * its own.
 *
 * <pre>java XRoadPeer.java client|server OPTIONS   (README.md lists them)</pre>
 *
 * This file only compiles the sources in peer/ and VerifyContainer.java in memory and starts {@code Peer}: Java 17 runs
 * a single file, and the program is more than one.
 */
public final class XRoadPeer {
    private XRoadPeer() { }

    public static void main(String[] arguments) throws Throwable {
        Path here = Path.of(XRoadPeer.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toAbsolutePath().getParent();
        Method main = new Memory(compile(here)).loadClass("Peer").getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        try {
            main.invoke(null, (Object) arguments);
        } catch (InvocationTargetException error) {
            throw error.getCause();
        }
    }

    private static Map<String, ByteArrayOutputStream> compile(Path here) throws Exception {
        Map<String, ByteArrayOutputStream> classes = new HashMap<>();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        JavaFileManager memory = new ForwardingJavaFileManager<>(files) {
            @Override
            public JavaFileObject getJavaFileForOutput(Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
                return new SimpleJavaFileObject(URI.create("memory:///" + name), kind) {
                    @Override
                    public OutputStream openOutputStream() {
                        return classes.computeIfAbsent(name, any -> new ByteArrayOutputStream());
                    }
                };
            }
        };
        List<Path> sources;
        try (Stream<Path> peer = Files.list(here.resolve("peer"))) {
            sources = Stream.concat(peer.filter(p -> p.toString().endsWith(".java")).sorted(), Stream.of(here.resolve("VerifyContainer.java"))).toList();
        }
        if (!compiler.getTask(null, memory, null, null, null, files.getJavaFileObjectsFromPaths(sources)).call()) {
            System.exit(2);
        }
        return classes;
    }

    private static final class Memory extends ClassLoader {
        private final Map<String, ByteArrayOutputStream> classes;

        Memory(Map<String, ByteArrayOutputStream> classes) {
            this.classes = classes;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            ByteArrayOutputStream bytes = classes.get(name);
            if (bytes == null) {
                throw new ClassNotFoundException(name);
            }
            return defineClass(name, bytes.toByteArray(), 0, bytes.size());
        }
    }
}
