package nmsw.scp.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.IOException;

/** The schema's records as JSON: times as in ISO 8601, what is null left out, names that are not known refused. */
final class Json {
  private final ObjectMapper mapper =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .build();

  String write(Object value) {
    try {
      return mapper.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("every record of the schema can be written", e);
    }
  }

  void answer(Context context, Object value) {
    context.contentType("application/json").result(write(value));
  }

  /** The request's body. */
  <T> T read(Context context, Class<T> type) {
    String contentType = context.contentType();
    if (contentType == null || !contentType.startsWith("application/json")) {
      throw new HttpProblem(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json");
    }
    T value;
    try {
      value = mapper.readValue(context.bodyAsBytes(), type);
    } catch (IOException e) {
      throw new HttpProblem(HttpStatus.BAD_REQUEST, "the body is not a " + type.getSimpleName() + " in JSON");
    }
    if (value == null) {
      throw new HttpProblem(HttpStatus.BAD_REQUEST, "the body is null");
    }
    return value;
  }
}
