package nmsw.scp.audit;

import java.io.IOException;
import java.io.StringReader;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import org.xml.sax.SAXException;

/** Judges audit messages by {@code audit-message.xsd}. */
public final class AuditSchema {
  private final Schema schema;

  public AuditSchema() throws SAXException {
    schema =
        SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
            .newSchema(AuditSchema.class.getResource("audit-message.xsd"));
  }

  /** Throws SAXException, which says what is wrong. */
  public void validate(String xml) throws SAXException, IOException {
    schema.newValidator().validate(new StreamSource(new StringReader(xml)));
  }
}
