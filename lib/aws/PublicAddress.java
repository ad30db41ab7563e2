package lib.aws;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Pattern;
import lib.talk.Failure;

/** The address under which the Internet sees this machine, and blocks of addresses as security groups take them. */
final class PublicAddress {
    /** AWS's own answer to the question. */
    public static final String SERVICE = "https://checkip.amazonaws.com";

    private static final String NUMBER = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
    private static final Pattern BLOCK = Pattern.compile("(" + NUMBER + "\\.){3}" + NUMBER + "(/(3[0-2]|[12]?\\d))?");
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private PublicAddress() {
    }

    /**
     * Reads a block of IPv4 addresses, or a single one.
     *
     * @throws Failure usage, when it is none
     */
    static String block(String text) {
        if (!BLOCK.matcher(text).matches()) {
            throw Failure.usage("--ssh-from \"%s\" is not a block of IPv4 addresses", text).hint("such as "
                    + "203.0.113.7/32");
        }
        return text.contains("/") ? text : text + "/32";
    }

    /**
     * Asks a service that answers with the caller's address and nothing else.
     *
     * @return the block of this one address
     * @throws Failure when there is no such answer
     */
    static String ask(String url) {
        try {
            HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE)
                    .followRedirects(HttpClient.Redirect.NORMAL).build();
            HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE).build(),
                    HttpResponse.BodyHandlers.ofString());
            String address = answer.body().strip();
            if (answer.statusCode() == 200 && BLOCK.matcher(address).matches() && !address.contains("/")) {
                return address + "/32";
            }
            throw unknown(url, "it answered with status " + answer.statusCode() + " and no IPv4 address");
        } catch (IOException | IllegalArgumentException e) {
            throw unknown(url, e.getMessage() == null ? "it cannot be reached" : e.getMessage()).because(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unknown(url, "interrupted").because(e);
        }
    }

    private static Failure unknown(String url, String why) {
        return Failure.of("could not find out this machine's address from \"%s\": %s", url, why)
                .hint("give the addresses that ssh may come from with --ssh-from ADDRESS/32");
    }
}
