package testbed;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands before moto_server and answers chosen calls itself, in the form of the real service (Amazon EC2 API reference,
 * "Error codes"): moto knows neither quotas nor permissions nor machines that never come up. Everything else it passes
 * on, and it remembers all calls.
 */
public final class AwsProxy implements AutoCloseable {
    private static final Pattern ACTION = Pattern.compile("(?:^|&)Action=(\\w+)");
    private static final Pattern SERVICE = Pattern.compile("/([a-z0-9]+)/aws4_request");
    private static final String ERROR =
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <Response><Errors><Error><Code>%1$s</Code><Message>%2$s</Message></Error></Errors>\
            <RequestID>r-1</RequestID></Response>""";
    private static final String RDS_ERROR =
            """
            <ErrorResponse><Error><Type>Sender</Type><Code>%1$s</Code><Message>%2$s</Message></Error>\
            <RequestId>r-1</RequestId></ErrorResponse>""";

    static {
        // Headers and body leave in two packets, and without this the second one waits 40 ms for word of the first.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    /** What a call is answered with. */
    private record Answer(int status, String body) {
    }

    private final HttpServer server;
    private final URI behind;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<String, Deque<Answer>> answers = new ConcurrentHashMap<>();
    private final Map<String, String[]> changes = new ConcurrentHashMap<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private volatile String held = "";
    private volatile CountDownLatch hold = new CountDownLatch(0);

    private AwsProxy(HttpServer server, URI behind) {
        this.server = server;
        this.behind = behind;
    }

    public static AwsProxy before(Moto moto) {
        HttpServer server = server();
        AwsProxy proxy = new AwsProxy(server, moto.address());
        server.createContext("/", proxy::answer);
        server.setExecutor(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "aws-proxy");
            thread.setDaemon(true);
            return thread;
        }));
        server.start();
        return proxy;
    }

    private static HttpServer server() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Lets the next so many calls of an action, such as {@code ec2:RunInstances}, fail. */
    public AwsProxy fail(String action, int times, int status, String code, String message) {
        Answer answer = new Answer(status, (action.startsWith("ec2:") ? ERROR : RDS_ERROR).formatted(code, message));
        Deque<Answer> queue = answers.computeIfAbsent(action, key -> new ArrayDeque<>());
        for (int i = 0; i < times; i++) {
            queue.add(answer);
        }
        return this;
    }

    /** Changes what all calls of an action are answered with, by a regular expression. */
    public AwsProxy change(String action, String pattern, String replacement) {
        changes.put(action, new String[]{pattern, replacement});
        return this;
    }

    /** Passes the next call of an action on, and keeps the answer back until everything is reset. */
    public AwsProxy hold(String action) {
        hold = new CountDownLatch(1);
        held = action;
        return this;
    }

    /** @return whether an answer is being kept back */
    public boolean holds() {
        return hold.getCount() > 0 && held.isEmpty();
    }

    /** @return the actions that were called, such as {@code ec2:RunInstances}, in their order */
    public List<String> calls() {
        return calls;
    }

    /** Passes everything on again, and forgets the calls. */
    public void reset() {
        answers.clear();
        changes.clear();
        calls.clear();
        held = "";
        hold.countDown();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String action = found(SERVICE, exchange.getRequestHeaders().getFirst("Authorization")) + ":"
                    + found(ACTION, new String(body, StandardCharsets.UTF_8));
            calls.add(action);
            Answer own = answers.getOrDefault(action, new ArrayDeque<>()).poll();
            Answer answer = own == null ? passed(exchange, action, body) : own;
            if (action.equals(held)) {
                held = "";
                hold.await();
            }
            byte[] content = answer.body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/xml");
            exchange.sendResponseHeaders(answer.status, content.length);
            exchange.getResponseBody().write(content);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Answer passed(HttpExchange exchange, String action, byte[] body) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(behind.resolve(exchange.getRequestURI()))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        List.of("Authorization", "Content-Type", "X-Amz-Date", "User-Agent")
                .forEach(name -> exchange.getRequestHeaders().getOrDefault(name, List.of())
                        .forEach(value -> request.header(name, value)));
        try {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            String[] change = changes.get(action);
            return new Answer(answer.statusCode(),
                    change == null ? answer.body() : answer.body().replaceAll(change[0], change[1]));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static String found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(String.valueOf(text));
        return matcher.find() ? matcher.group(1) : "?";
    }

    @Override
    public void close() {
        hold.countDown();
        server.stop(0);
    }
}
